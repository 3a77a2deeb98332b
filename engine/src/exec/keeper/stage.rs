//! Input that is too large for a request: put beside the marks of its attempt before that begins. Memory stays flat, a
//! lost connection goes on from the last byte, and nothing of it is an attempt: asking still says "never".

use std::io::SeekFrom;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::Instant;

use super::error::Broken;
use super::{AttemptName, Keeper, KeeperError, When, request};

/// Of a file, at a time: what is lost when a connection breaks, and what is held in memory.
const PIECE: usize = 4 << 20;

impl Keeper {
    /// Puts the whole of a file beside an attempt's marks, as the input that `Call::staged` speaks of.
    ///
    /// # Errors
    /// Another driver, lost memory, a full disk there, a connection that did not come back, a file that can't be read.
    pub async fn stage(&self, attempt: &AttemptName, epoch: u64, file: &mut File, when: When) -> Result<(), KeeperError> {
        let unreadable = |error: std::io::Error| KeeperError::NothingToStage { why: error.to_string() };
        let mut buffer = Vec::new();
        let mut there = self.staged(attempt, epoch, 0, &[], when).await?;
        loop {
            buffer.clear();
            file.seek(SeekFrom::Start(there)).await.map_err(unreadable)?;
            (&mut *file).take(PIECE as u64).read_to_end(&mut buffer).await.map_err(unreadable)?;
            if buffer.is_empty() {
                return Ok(());
            }
            there = self.staged(attempt, epoch, there, &buffer, when).await?;
        }
    }

    /// One piece, and how many bytes are there then. What a lost connection left half done is seen by that number.
    async fn staged(&self, attempt: &AttemptName, epoch: u64, at: u64, bytes: &[u8], when: When) -> Result<u64, KeeperError> {
        let _seat = self.seat().await?;
        let mut bytes = bytes;
        loop {
            let request = request::stage(attempt.as_str(), &self.life(), epoch, at, bytes)?;
            let mut channel = self.channel(when.deadline).await?;
            let said = async {
                channel.send(&request).await?;
                channel.frame().await
            };
            match said.await {
                Ok(frame) => {
                    let there = match frame.as_slice() {
                        [word, there] if word == "at" => there.parse().ok(),
                        _ => None,
                    };
                    self.give_back(channel);
                    return there.ok_or_else(|| self.refusal(&frame));
                }
                // Asked first what has arrived: the same bytes are never put there twice.
                Err(Broken::Lost) if Instant::now() < when.deadline => bytes = &[],
                Err(broken) => return Err(self.broken(broken)),
            }
        }
    }
}
