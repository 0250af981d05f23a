"""Pictures that show themselves in a notebook, and can be saved (C12)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import SupportsIndex, overload

from tunebook.book.files.writing import write_bytes, write_text
from tunebook.charts.picture import Picture
from tunebook.charts.render import to_png, to_svg
from tunebook.domain.errors import DesignError, EvidenceError, nearest
from tunebook.report.notebook.views import picture_html, pictures_html


class RoundPicture(Picture):
    """A picture of a round: an image in a notebook, a file by `save`."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str], *, dark: bool = False) -> Path:
        """Write the picture as PNG or SVG, as the file's name ends.

        Args:
            path: of the file, `response.svg`.
            dark: for a dark background.

        Raises:
            DesignError: the name ends otherwise.
            StoreError: the file can't be written.

        Example:
            >>> found.pictures()[0].save("boundaries.png")  # doctest: +SKIP
        """
        ending = Path(path).suffix.lower()
        if ending == ".svg":
            return write_text(path, to_svg(self, dark=dark))
        if ending == ".png":
            return write_bytes(path, to_png(self, dark=dark))
        raise DesignError(
            f'a picture is saved as .png or .svg; got "{path}"',
            next_step=f'name it "{self.name}.png"',
        )

    def _repr_html_(self) -> str:
        return picture_html(self)


class RoundPictures(tuple[RoundPicture, ...]):
    """Pictures of a round: a tuple that shows itself and finds a picture by its name.

    Example:
        >>> found.pictures()["sampling-curve"].save("tuning-curve.svg")  # doctest: +SKIP
    """

    __slots__ = ()

    @staticmethod
    def of(pictures: Iterable[Picture]) -> RoundPictures:
        """The same pictures, as ones that show themselves."""
        names = [field.name for field in fields(Picture)]
        return RoundPictures(
            RoundPicture(**{name: getattr(p, name) for name in names}) for p in pictures
        )

    @overload
    def __getitem__(self, place: SupportsIndex | str) -> RoundPicture: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[RoundPicture, ...]: ...

    def __getitem__(
        self, place: SupportsIndex | slice | str
    ) -> RoundPicture | tuple[RoundPicture, ...]:
        """A picture by its place or its name; several by a slice.

        Raises:
            EvidenceError: there is none of that name; names the nearest.
        """
        if not isinstance(place, str):
            return super().__getitem__(place)
        for picture in self:
            if picture.name == place:
                return picture
        names = [p.name for p in self]
        raise EvidenceError(
            f"this round has no picture {place!r}.{nearest(place, names)}",
            next_step=f"take one of: {', '.join(names) or 'none yet'}",
        )

    def __repr__(self) -> str:
        return "\n".join(f"{p.name}: {p.title}" for p in self) or "no picture yet"

    def _repr_html_(self) -> str:
        return pictures_html(self)
