//! How the picture of `impasto paint` is optimized, as arguments.

use clap::{Args, ValueEnum};
use impasto::error::{Error, Result};
use impasto::train::Optimizer;

/// How the picture is optimized.
#[derive(Debug, Args)]
pub struct OptimizerArguments {
    /// What makes a step of a gradient: `adam`; `sgd`, gradient descent with momentum; or `lbfgs`, as Gatys et al. have it.
    #[arg(long, value_enum, default_value_t = OptimizerChoice::Adam)]
    optimizer: OptimizerChoice,
    /// How far a step goes. With `adam` brightness, of 1, that it changes at most (0.02 unless said); with `sgd` brightness for
    /// a gradient of 1 (0.002); with `lbfgs` the part of the way that it finds right (1).
    #[arg(long)]
    rate: Option<f32>,
    /// Part of the step before that `sgd` goes on with (0.9 unless said).
    #[arg(long)]
    momentum: Option<f32>,
    /// Steps that `lbfgs` remembers; each takes the memory of two pictures (20 unless said).
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..=200))]
    history: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OptimizerChoice {
    Adam,
    Sgd,
    Lbfgs,
}

impl OptimizerArguments {
    /// The optimizer, and the rate that was said or suits it.
    ///
    /// # Errors
    /// [`Error::Style`] for a number that belongs to another optimizer.
    pub fn optimizer(&self) -> Result<(Optimizer, f32)> {
        let optimizer = match (self.optimizer, self.momentum, self.history) {
            (OptimizerChoice::Adam, None, None) => Optimizer::Adam,
            (OptimizerChoice::Sgd, momentum, None) => Optimizer::Sgd { momentum: momentum.unwrap_or(0.9) },
            (OptimizerChoice::Lbfgs, None, history) => Optimizer::Lbfgs { history: history.unwrap_or(20) as usize },
            _ => {
                let problem = "--momentum belongs to `--optimizer sgd` alone, and --history to `--optimizer lbfgs`.";
                return Err(Error::Style(problem.to_string()));
            }
        };
        Ok((optimizer, self.rate.unwrap_or(optimizer.rate())))
    }
}
