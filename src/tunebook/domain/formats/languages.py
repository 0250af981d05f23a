"""Words of other languages in the names and states of a sweep, as the English word (C11).

Spreadsheets of many countries hold sweeps. A name is translated to tell what it
names, never to be shown.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_WORDS = """
loss: verlust verluste perdida perdidas perte pertes perda perdas perdita perdite verlies
    потери потеря лосс strata ztrata forlust
    kayıp havio veszteseg pierdere втрати
error: fehler fehlerrate erreur erreurs erro erros errore errori fout blad chyba fejl fel ошибка
accuracy: genauigkeit trefferquote exactitud exactitude acuracia accuratezza nauwkeurigheid
    dokladnosc presnost noggrannhet
    noyaktighet nojagtighed dogruluk tarkkuus pontossag acuratete точность точнисть
score: punktzahl puntuacion pontuacao punteggio оценка
reward: belohnung recompensa recompense ricompensa награда
recall: sensibilidad rappel полнота
value: wert valor valeur valore waarde wartosc значение
result: ergebnis resultado resultat risultato resultaat wynik результат
objective: zielwert objetivo objectif obiettivo
validation: validierung validierungs validacion validacao validazione validatie walidacja валидация
    валидационная валидационные
test: prueba teste тест тестовая тестовые
training: trainings entrenamiento entrainement treino treinamento addestramento обучение обучения
mean: mittel mittelwert durchschnitt moyenne medio gemiddelde srednia среднее средняя
std: standardabweichung streuung desviacion ecart_type
best: beste bester bestes mejor meilleur meilleure melhor migliore лучший лучшая лучшее
last: letzte letzter letztes ultimo ultima dernier derniere последний последняя
trial: lauf versuch durchlauf essai ensayo tentativa prova execucao ejecucion corrida
    korning forsok deneme proef proba kiserlet
    проба запуск испытание эксперимент
number: nummer numero numer номер
name: bezeichnung nombre nom nome naam nazwa имя название
seed: startwert zufallswert semilla semente graine seme зерно сид
date: datum fecha дата
start_time: startzeit beginn inicio debut inizio начало
end_time: endzeit ende конец
duration: dauer laufzeit duracion duree duracao durata duur czas длительность время
status: zustand estado statut etat stato toestand stan статус состояние
comment: bemerkung bemerkungen kommentar kommentare anmerkung notiz notizen comentario comentarios
    commentaire commentaires remarque observacoes observaciones osservazioni opmerking uwagi
    anteckning megjegyzes     комментарий заметки примечание
user: benutzer bearbeiter autor usuario utilisateur auteur utente пользователь
host: rechner knoten maquina ordinateur macchina машина узел
learning_rate: lernrate tasa_aprendizaje tasa_de_aprendizaje taux_apprentissage
    taux_d_apprentissage taxa_de_aprendizado taxa_aprendizado taxa_de_aprendizagem
    tasso_apprendimento tasso_di_apprendimento leersnelheid wspolczynnik_uczenia
    inlarningshastighet ogrenme_oranı скорость_обучения
batch_size: batchgrosse batchgroesse stapelgrosse tamano_lote tamano_de_lote taille_de_lot
    taille_lot tamanho_do_lote tamanho_lote dimensione_batch batchgrootte
    rozmiar_partii satsstorlek yıgın_boyutu размер_батча размер_пакета
optimizer: optimierer optimizador optimiseur otimizador ottimizzatore оптимизатор
layers: schichten capas couches camadas слои
width: breite ancho largeur largura larghezza ширина
depth: tiefe profundidad profondeur profundidade profondita глубина
epochs: epochen epocas epoques epoche эпохи
epoch: epoca epoque эпоха
step: schritt paso etape passo шаг
momentum: impulsmoment моментум
completed: fertig abgeschlossen beendet erfolgreich completado terminado termine terminee fini
    reussi concluido completato terminato finito voltooid zakonczono завершен
    завершено готово успешно
failed: fehlgeschlagen gescheitert fehlerhaft fallido fallo echoue echouee echec falhou falha
    fallito mislukt неудача провал
running: laufend lauft en_curso en_cours em_execucao in_corso выполняется
cancelled: abgebrochen cancelado annule annullato отменен отменено
diverged: divergiert divergio расходится
"""

_CHARACTERS = """
loss: 损失 損失 손실 誤差損失
error: 误差 错误率 誤差 エラー率 오차 오류율
accuracy: 准确率 精确度 准确度 正确率 正解率 精度 정확도 準確率
score: 得分 分数 スコア 점수
reward: 奖励 报酬 報酬 보상
validation: 验证 検証 驗證 검증
test: 测试 テスト 測試 테스트
training: 训练 学習用 訓練 학습용
trial: 试验 试行 試行 编号 实验 実験 시행 실험 番号
name: 名称 名前 이름
seed: 种子 シード 시드
start_time: 开始时间 開始時刻 開始日時 시작_시간 시작시간
end_time: 结束时间 終了時刻 終了日時 종료시간
duration: 耗时 时长 用时 所要時間 実行時間 소요시간
status: 状态 状態 狀態 상태
comment: 备注 说明 備考 メモ 비고 메모
user: 用户 ユーザー 사용자
host: 主机 节点 ホスト 호스트
learning_rate: 学习率 學習率 学習率 학습률
batch_size: 批大小 批次大小 批量大小 バッチサイズ 배치_크기 배치크기
optimizer: 优化器 最適化手法 オプティマイザ 최적화기
layers: 层数 層数 레이어
dropout: 丢弃率 ドロップアウト 드롭아웃
epoch: 轮数 エポック 에포크
step: 步数 ステップ 스텝
completed: 已完成 完成 完了 완료 成功 성공
failed: 失败 失敗 실패
running: 运行中 実行中 실행중
best: 最佳 最高 최고 最良
mean: 平均 평균
"""


def _table(text: str) -> dict[str, str]:
    found, english = {}, ""
    for token in text.split():
        if token.endswith(":"):
            english = token[:-1]
        else:
            found[token] = english
    return found


_ENGLISH = _table(_WORDS)
_PHRASES = {word: english for word, english in _ENGLISH.items() if "_" in word}
_SYLLABLES = dict(sorted(_table(_CHARACTERS).items(), key=lambda pair: -len(pair[0])))
_COMPOUND = 6
"""Letters of a word that other words are joined to in front, as German does."""


@cache
def english(name: str) -> str:
    """A name in lower case, words joined by `_`, without accents, in English where it is known.

    Example:
        >>> [english(n) for n in ("Validierungsverlust", "pérdida_val", "验证损失", "valLoss")]
        ['validation_loss', 'loss_val', 'validation_loss', 'val_loss']
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    folded = unicodedata.normalize("NFKD", parted.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    bare = unicodedata.normalize("NFC", bare)
    if not bare.isascii():
        for own, word in _SYLLABLES.items():
            bare = bare.replace(own, f"_{word}_")
        bare = bare.replace("ł", "l").replace("ø", "o")
    bare = re.sub(r"[\W_]+", "_", bare).strip("_")
    for phrase, word in _PHRASES.items():
        if phrase in bare:
            bare = re.sub(rf"(?<![^_]){phrase}(?![^_])", word, bare)
    return "_".join(filter(None, map(_word, bare.split("_"))))


def _word(word: str) -> str:
    if word in _ENGLISH or len(word) <= _COMPOUND:
        return _ENGLISH.get(word, word)
    for at in range(2, len(word) - _COMPOUND + 1):
        known = _ENGLISH.get(word[at:])
        if known is not None:
            before = word[:at] if word[:at] in _ENGLISH else word[:at].removesuffix("s")
            return f"{_ENGLISH.get(before, before)}_{known}"
    return word
