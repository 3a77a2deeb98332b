//! Who did something, as the journal keeps it.

use serde::{Deserialize, Serialize};

use super::EventKind;

/// Who did something: a person by the name of their OS user, or the policy that stood ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Person(String),
    Policy,
}

impl Actor {
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) => name,
            Self::Policy => "its policy",
        }
    }
}

/// Who answered a gate: as [`Actor`], or a person by their signature (promise P3). Of nothing else is it said that it was
/// signed by somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voter {
    Person(String),
    Signed(Box<Signed>),
    Policy,
}

impl Voter {
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) => name,
            Self::Signed(signed) => &signed.principal,
            Self::Policy => Actor::Policy.name(),
        }
    }
}

impl From<Actor> for Voter {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Person(name) => Self::Person(name),
            Actor::Policy => Self::Policy,
        }
    }
}

/// A signature and who is said to have given it. Whether it holds is asked where the event comes from, before it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// As the file of allowed signers names them.
    pub principal: String,
    /// The head of the journal as the signer knew it; part of what is signed.
    pub head: String,
    /// As `ssh-keygen -Y sign` writes it.
    pub signature: String,
}

impl EventKind {
    /// The signature in it, which nobody has checked yet.
    #[must_use]
    pub fn signed(&self) -> Option<&Signed> {
        match self {
            Self::GateAnswered { by: Voter::Signed(signed), .. } | Self::DriverStarted { signed: Some(signed), .. } => Some(signed),
            _ => None,
        }
    }
}
