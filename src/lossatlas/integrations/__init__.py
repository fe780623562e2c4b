"""Where people train and tune already: Lightning, transformers, TensorBoard, Weights & Biases, Optuna, each through its public interface.

Every module here needs a package of its own, an optional extra of lossatlas (``pip install 'lossatlas[optuna]'``), and is imported by
name: ``from lossatlas.integrations.optuna import value``. Nothing else in lossatlas imports any of them.
"""
