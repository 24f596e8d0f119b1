//! The optimizer of `impasto paint`, as arguments.

use clap::{Args, ValueEnum};
use impasto::error::{Error, Result};
use impasto::train::Optimizer;

/// The optimizer and its parameters.
#[derive(Debug, Args)]
pub struct OptimizerArguments {
    /// Optimizer: `adam`; `sgd`, gradient descent with momentum; or `lbfgs`, as in Gatys et al.
    #[arg(long, value_enum, default_value_t = OptimizerChoice::Adam)]
    optimizer: OptimizerChoice,
    /// Learning rate; default 0.02 for `adam`, 0.002 for `sgd`, 1 for `lbfgs`
    #[arg(long)]
    rate: Option<f32>,
    /// Momentum, `sgd` only; default 0.9
    #[arg(long)]
    momentum: Option<f32>,
    /// Steps of the L-BFGS history, 1 to 200, `lbfgs` only; default 20; each takes the memory of two pictures
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
    /// Returns whether any of the arguments differs from its default.
    pub fn any(&self) -> bool {
        !matches!(self.optimizer, OptimizerChoice::Adam)
            || self.rate.is_some()
            || self.momentum.is_some()
            || self.history.is_some()
    }

    /// Returns the optimizer, and the learning rate that was given or its default.
    ///
    /// # Errors
    /// [`Error::Style`] for a parameter of another optimizer.
    pub fn optimizer(&self) -> Result<(Optimizer, f32)> {
        let optimizer = match (self.optimizer, self.momentum, self.history) {
            (OptimizerChoice::Adam, None, None) => Optimizer::Adam,
            (OptimizerChoice::Sgd, momentum, None) => Optimizer::Sgd { momentum: momentum.unwrap_or(0.9) },
            (OptimizerChoice::Lbfgs, None, history) => Optimizer::Lbfgs { history: history.unwrap_or(20) as usize },
            _ => {
                let problem = "--momentum applies only to `--optimizer sgd`, and --history only to `--optimizer \
                               lbfgs`.";
                return Err(Error::Style(problem.to_string()));
            }
        };
        Ok((optimizer, self.rate.unwrap_or(optimizer.rate())))
    }
}
