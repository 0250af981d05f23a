"""Joint draws of a fitted response against those of BoTorch's own Gaussian process."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from botorch.models import SingleTaskGP
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.kernels import MaternKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.means import ZeroMean

from tunebook.search.bayesian.botorch_model import Process
from tunebook.search.bayesian.response import fit


def response():
    rng = np.random.default_rng(0)
    points = rng.random((25, 3))
    losses = ((points - 0.3) ** 2).sum(1) + 0.05 * rng.normal(size=25)
    return fit(points, losses)


def botorchs(fitted):
    kernel = MaternKernel(nu=2.5, ard_num_dims=3)
    kernel.lengthscale = torch.from_numpy(fitted.lengths)
    likelihood = GaussianLikelihood()
    likelihood.noise = fitted.noise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SingleTaskGP(
            torch.from_numpy(fitted.points),
            -torch.from_numpy(fitted.targets)[:, None],
            likelihood=likelihood,
            covar_module=kernel,
            mean_module=ZeroMean(),
            outcome_transform=None,
        ).double()
    return model.eval()


def test_means_and_covariances_are_those_of_botorchs_process():
    fitted = response()
    anchors = fitted.points[:4]
    new = np.random.default_rng(1).random((6, 3))
    rows = torch.from_numpy(np.stack([np.vstack([anchors, x]) for x in new]))
    with torch.no_grad():
        joint = Process(fitted, anchors).posterior(rows)
        # Draws are linear in the normal ones: none gives the mean, units give the factor.
        normal = torch.cat([torch.zeros(1, 5), torch.eye(5)]).double()
        drawn = joint.rsample_from_base_samples(
            torch.Size([6]), normal[:, None, :, None].expand(6, 6, 5, 1)
        )[..., 0]
        truth = botorchs(fitted).posterior(rows)
    factor = (drawn[1:] - drawn[0]).permute(1, 2, 0)
    assert torch.allclose(drawn[0], truth.mean[..., 0], atol=1e-4)
    covariance = truth.distribution.covariance_matrix
    assert torch.allclose(factor @ factor.transpose(1, 2), covariance, atol=1e-4)


def test_botorchs_sampler_draws_from_it():
    fitted = response()
    process = Process(fitted, fitted.points[:2])
    rows = torch.from_numpy(fitted.points[[0, 1, 9]][None])
    draws = SobolQMCNormalSampler(torch.Size([256]), seed=0)(process.posterior(rows))
    mean, spread = fitted.at(fitted.points[[0, 1, 9]])
    assert draws.shape == (256, 1, 3, 1)
    error = spread / np.sqrt(256)
    assert (np.abs(draws.mean(0)[0, :, 0].numpy() + mean) < 3 * error).all()
    assert np.allclose(draws.std(0)[0, :, 0].numpy(), spread, rtol=0.2)


def test_it_draws_by_itself_with_the_same_normals_in_each_row():
    fitted = response()
    rows = torch.from_numpy(fitted.points[[0, 5]][None]).repeat(2, 1, 1)
    torch.manual_seed(0)
    draws = Process(fitted, fitted.points[:1]).posterior(rows).rsample(torch.Size([3]))
    assert draws.shape == (3, 2, 2, 1)
    assert torch.allclose(draws[:, 0], draws[:, 1])
