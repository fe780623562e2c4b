"""A search for networks that are good and flat: learning rate, batch, weight decay and width on digits, with two aims (METHODS O3, B5).

A fifth of the training labels is redrawn, so that fitting them all is no virtue. Every trial is told its validation loss and the largest
eigenvalue λ1 of the Hessian of its training loss; one that has learned nothing is flat too, and a constraint keeps it out. At the end
the network that the validation loss alone would choose stands beside the flattest one that is no worse as far as validation can tell,
within one standard error. Half a minute; ``--trials 6`` for a glance.
"""

import argparse
from functools import partial

import numpy as np
import optuna
import torch
from _digits import data
from scipy.stats import spearmanr

import lossatlas as la
from lossatlas.integrations.optuna import constraint, study_dataset, value
from lossatlas.zoo.mlp import mlp

EPOCHS, MOMENTUM, VALIDATION = 15, 0.9, 400


def objective(trial):
    """Validation loss and λ1 of a network trained with the settings that the trial suggests; test numbers are kept beside them."""
    rate, batch = trial.suggest_float("lr", 0.005, 0.3, log=True), trial.suggest_categorical("batch", [16, 32, 64, 128, 256])
    decay, width = trial.suggest_float("weight_decay", 1e-5, 1e-2, log=True), trial.suggest_categorical("width", [32, 64, 128])
    torch.manual_seed(0)
    network = mlp((64, width, width, 10))
    train = la.Objective.from_module(network, data(), "cross_entropy", metrics={"error": la.metrics.error}, batch_size=batch)
    noisy = train.corrupt("random_labels", 0.2, seed=0)
    end = la.fit(noisy.training(), optimizer=partial(torch.optim.SGD, lr=rate, momentum=MOMENTUM, weight_decay=decay),
                 steps=EPOCHS * len(noisy.data), seed=0).point
    x, y = data("test")
    held_out = train.with_data((x[:VALIDATION], y[:VALIDATION]), batch_size=1000)
    test = train.with_data((x[VALIDATION:], y[VALIDATION:]), batch_size=1000)
    found = value(trial, held_out, end, measure="loss", name="val_loss"), value(trial, noisy.with_data(noisy.data, batch_size=1000), end)
    constraint(trial, "val_error", value(trial, held_out, end, measure="error", name="val_error"), upper=0.2)
    for name in ("loss", "error"):
        value(trial, test, end, measure=name, name=f"test_{name}")
    trial.set_user_attr("temperature", rate / (batch * (1 - MOMENTUM)))
    return found


def rank(ds, a, b):
    """Rank correlation of two quantities over the trials that learned something."""
    return spearmanr(*(ds[name].values[ds["feasible"].values] for name in (a, b))).statistic


def tell(ds):
    """What the two ways of choosing chose, and whether they would order the trials alike."""
    kept = ds.isel(trial=np.flatnonzero(ds["feasible"].values))
    best = kept.isel(trial=int(np.argmin(kept["val_loss"].values)))
    tied = kept.isel(trial=np.flatnonzero(kept["val_loss"].values <= float(best["val_loss"] + best["val_loss_stderr"])))
    flat = tied.isel(trial=int(np.argmin(tied["lambda_max"].values)))
    for words, one in (("lowest validation loss", best), (f"flattest of the {tied.sizes['trial']} within one standard error", flat)):
        settings = ", ".join(f"{name} {float(one[f'param_{name}']):.3g}" for name in ("lr", "batch", "weight_decay", "width"))
        print(f"{words}: trial {int(one.trial)} ({settings}): validation loss {float(one.val_loss):.3f} ± "
              f"{float(one.val_loss_stderr):.3f}, λ1 {float(one.lambda_max):.3g}, test loss {float(one.test_loss):.3f}, test error "
              f"{100 * float(one.test_error):.1f} %")
    print("they are one and the same" if int(best.trial) == int(flat.trial) else "the two aims choose different networks")
    print(f"rank correlations over {kept.sizes['trial']} trials: validation loss and λ1 {rank(ds, 'val_loss', 'lambda_max'):.2f}; "
          f"test loss and validation loss {rank(ds, 'test_loss', 'val_loss'):.2f}, "
          f"test loss and λ1 {rank(ds, 'test_loss', 'lambda_max'):.2f}; "
          f"temperature η/(B(1 − μ)) and λ1 {rank(ds, 'temperature', 'lambda_max'):.2f}")


def main():
    """Search, tell and draw."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--trials", type=int, default=40)
    arguments.add_argument("--store", help="also keep the study: PATH.zarr/GROUP")
    arguments.add_argument("-o", "--output", default="optuna_flatness.png")
    options = arguments.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=optuna.samplers.TPESampler(seed=0), study_name="good and flat")
    study.optimize(objective, n_trials=options.trials)
    ds = study_dataset(study, names=("val_loss", "lambda_max"), store=options.store)
    tell(ds)
    la.figures.study(ds, quantities=("val_loss", "lambda_max")).save(options.output)


if __name__ == "__main__":
    main()
