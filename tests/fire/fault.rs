//! The faults, and when they strike: all from the seed.

use std::time::Duration;

use super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// kill -9 of the engine.
    Engine,
    /// kill -9 of the ssh masters.
    Master,
    /// kill -9 of the keeper of a job that runs; the job goes on.
    Keeper,
    /// kill -9 of a keeper and then of its job's whole group.
    Group,
    /// kill -9 of a channel's shell: requests are no longer answered, its job goes on.
    Channel,
    /// Every connection is closed; new ones are answered.
    Drop,
    /// sshd ends with all its connections, and starts again a moment later.
    Sshd,
    /// The network is cut for seconds: connections stay half open.
    Cut,
    /// The same for longer than ssh waits, and than a step may take.
    LongCut,
    /// Packets are late.
    Delay,
    /// Packets are lost and sent again.
    Loss,
    /// SIGSTOP of the engine for a while.
    StopEngine,
    /// SIGSTOP of the masters.
    StopMaster,
    /// SIGSTOP of all that runs on a host, its connections included.
    StopHost,
    /// SIGSTOP of everything.
    StopAll,
    /// The disk under the journal is full.
    FullJournal,
    /// The disk under the job folders is full.
    FullJobs,
    /// The clock of the control machine is set back by two hours.
    Clock,
    /// The engine is told to go: SIGTERM.
    Term,
    /// A host reboots, in the lab alone.
    Reboot,
    /// A host loses its power, in the lab alone.
    PowerCut,
}

/// All of them, with the word for each.
pub const FAULTS: [(Fault, &str); 21] = [
    (Fault::Engine, "kill-engine"),
    (Fault::Master, "kill-master"),
    (Fault::Keeper, "kill-keeper"),
    (Fault::Group, "kill-group"),
    (Fault::Channel, "kill-channel"),
    (Fault::Drop, "drop"),
    (Fault::Sshd, "restart-sshd"),
    (Fault::Cut, "cut-seconds"),
    (Fault::LongCut, "cut-minutes"),
    (Fault::Delay, "delay"),
    (Fault::Loss, "loss"),
    (Fault::StopEngine, "stop-engine"),
    (Fault::StopMaster, "stop-master"),
    (Fault::StopHost, "stop-host"),
    (Fault::StopAll, "stop-all"),
    (Fault::FullJournal, "full-journal"),
    (Fault::FullJobs, "full-jobs"),
    (Fault::Clock, "clock-back"),
    (Fault::Term, "term-engine"),
    (Fault::Reboot, "reboot"),
    (Fault::PowerCut, "power-cut"),
];

impl Fault {
    pub fn word(self) -> &'static str {
        FAULTS.iter().find(|(fault, _)| *fault == self).map_or("?", |(_, word)| word)
    }

    /// What can strike in the lab of real hosts: processes of a host have other numbers there.
    pub fn is_of_the_lab(self) -> bool {
        !matches!(self, Self::Keeper | Self::Group | Self::Channel | Self::Drop | Self::StopAll | Self::Clock)
    }

    /// What takes away the memory of what ran on a host.
    pub fn restarts(self) -> bool {
        matches!(self, Self::Reboot | Self::PowerCut)
    }

    /// `all`, `quick` (all but what takes minutes), or words between commas.
    pub fn named(words: &str) -> Result<Vec<Self>, String> {
        let all = || FAULTS.iter().map(|(fault, _)| *fault);
        match words {
            "all" => Ok(all().collect()),
            "quick" => Ok(all().filter(|fault| *fault != Self::LongCut).collect()),
            words => {
                let named = |word: &str| FAULTS.iter().find(|(_, name)| *name == word).map(|(fault, _)| *fault).ok_or_else(|| word.to_owned());
                words.split(',').map(named).collect::<Result<_, _>>().map_err(|word| {
                    let known: Vec<&str> = FAULTS.iter().map(|(_, name)| *name).collect();
                    format!("there is no fault `{word}`; there are: all, quick, {}", known.join(", "))
                })
            }
        }
    }

    /// For how long it stays.
    fn lasts(self, dice: &mut Dice) -> Duration {
        let ms = match self {
            Self::Engine | Self::Master | Self::Keeper | Self::Group | Self::Channel | Self::Drop | Self::Term => 0,
            // It goes down first.
            Self::Reboot => 1500,
            Self::PowerCut => dice.between(500, 5000),
            Self::Sshd => dice.between(10, 1500),
            Self::Cut => dice.between(200, 4000),
            Self::LongCut => dice.between(100_000, 150_000),
            Self::Delay | Self::Loss | Self::Clock => dice.between(300, 5000),
            Self::StopEngine | Self::StopMaster | Self::StopHost | Self::StopAll => dice.between(50, 1500),
            Self::FullJournal | Self::FullJobs => dice.between(50, 1500),
        };
        Duration::from_millis(ms as u64)
    }
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// So long after the last one, or after the process began.
    After(Duration),
    /// When so many lines more stand in the effect log.
    Effects(usize),
    /// When the journal has grown so many times more.
    Journal(usize),
}

#[derive(Debug, Clone, Copy)]
pub struct Strike {
    pub fault: Fault,
    pub moment: Moment,
    pub lasts: Duration,
    /// Chooses among what could be struck.
    pub which: usize,
}

/// What strikes a round: sometimes one fault alone, sometimes a mixture; in a mixture the engine dies more often,
/// because a resume is what most of this is about.
pub fn strikes(dice: &mut Dice, faults: &[Fault]) -> Vec<Strike> {
    let many = dice.between(1, 5);
    let alone = dice.one_in(2).then(|| *dice.one_of(faults));
    let kills = faults.contains(&Fault::Engine);
    (0..many)
        .map(|_| {
            let fault = match alone {
                Some(fault) => fault,
                None if kills && dice.one_in(3) => Fault::Engine,
                None => *dice.one_of(faults),
            };
            let moment = match dice.below(5) {
                0 => Moment::After(Duration::from_millis(dice.below(1500) as u64)),
                1 | 2 => Moment::Effects(dice.between(1, 4)),
                _ => Moment::Journal(dice.between(1, 12)),
            };
            Strike { fault, moment, lasts: fault.lasts(dice), which: dice.below(1 << 16) }
        })
        .collect()
}
