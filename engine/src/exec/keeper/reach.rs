//! Reaching a host: a connection where there is none, and the same machine at its end each time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    channel::{Channel, text},
    client::Keeper,
    error::{Broken, KeeperError},
    line::{ANSWER, Open},
    lock,
    request::{self, line},
};
use crate::exec::people::Seat as Way;
use crate::exec::transport::{Pipe, Unreachable};
use crate::outcome::stranger;

impl Keeper {
    /// A new channel, to the machine that was met.
    pub(super) async fn open(&self) -> Result<Channel, KeeperError> {
        let (pipe, is_known) = self.pipe().await?;
        let nonce = request::nonce()?;
        let locks = self.folder.locks.as_deref().unwrap_or(lock::FOLDER);
        let text = text(&nonce, self.folder.base.as_deref().unwrap_or_default(), &self.folder.run_id, locks);
        let mut channel = Channel::open(pipe, &nonce, &text).await.map_err(|broken| self.broken(broken))?;
        if let Some(was) = self.machine().filter(|_| !is_known.load(Ordering::Relaxed)) {
            self.recognise(&mut channel, &was).await?;
            is_known.store(true, Ordering::Relaxed);
        }
        Ok(channel)
    }

    /// A name can lead to another machine from one connection to the next.
    async fn recognise(&self, channel: &mut Channel, was: &str) -> Result<(), KeeperError> {
        let request = line("who", "-", "-", &[])?;
        let asked = async {
            channel.send(&request).await?;
            channel.frame().await
        };
        let frame = tokio::time::timeout(ANSWER, asked).await.unwrap_or(Err(Broken::Lost)).map_err(|broken| self.broken(broken))?;
        let words: Vec<&str> = frame.iter().map(String::as_str).collect();
        let ["who", machine] = words[..] else { return Err(self.refusal(&frame)) };
        match stranger(was, if machine == "-" { "" } else { machine }) {
            None => Ok(()),
            Some(why) => {
                // It is sought anew the next time, when the right one may be back.
                self.line.connection.lock().await.take();
                Err(KeeperError::Stranger { host: self.host(), why })
            }
        }
    }

    /// What answered at the first hello is the machine of this run.
    pub(super) async fn is_recognised(&self) {
        if let Some(open) = self.line.connection.lock().await.as_ref() {
            open.is_known.store(true, Ordering::Relaxed);
        }
    }

    /// How a person gets to this machine over the connection that we have, which is made anew where it is dead. It is kept
    /// for as long as somebody has a seat.
    ///
    /// # Errors
    /// The host can't be reached, or is another machine.
    pub async fn by_hand(&self) -> Result<Way, KeeperError> {
        let channel = self.open().await?;
        self.give_back(channel);
        let kept = self.line.connection.lock().await;
        Ok(kept.as_ref().and_then(|open| open.connection.by_hand()).map_or(Way::Here, Way::Over))
    }

    /// A shell over the connection that we have; when that turns out to be dead, over a new one.
    async fn pipe(&self) -> Result<(Pipe, Arc<AtomicBool>), Unreachable> {
        let mut kept = self.line.connection.lock().await;
        if let Some(open) = kept.as_ref() {
            match open.connection.shell().await {
                Err(Unreachable::Closed { .. }) => *kept = None,
                answer => return answer.map(|pipe| (pipe, Arc::clone(&open.is_known))),
            }
        }
        let connection = self.connector.connect(&self.target).await?;
        let open = kept.insert(Open { connection, is_known: Arc::default() });
        Ok((open.connection.shell().await?, Arc::clone(&open.is_known)))
    }
}
