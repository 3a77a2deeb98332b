//! Following one command: its bytes in order and once, whatever happens to the connection meanwhile.

use super::{
    call::{Ended, Exit, Sink, Stream},
    channel::Channel,
    error::Broken,
};

/// How a followed command came out, as far as its keeper could say.
#[derive(Debug)]
pub(super) enum Followed {
    Ended {
        ended: Ended,
        reached: bool,
        why: String,
        held: bool,
    },
    /// The keeper is gone, or never came to start it: ask.
    Gone,
    /// Refused before it began.
    No {
        word: String,
        detail: String,
    },
}

/// How far the bytes have come. Survives its channel.
pub(super) struct Follow<'a> {
    sink: &'a mut dyn Sink,
    limit: u64,
    out: u64,
    err: u64,
    why: Vec<u8>,
}

impl<'a> Follow<'a> {
    pub(super) fn new(sink: &'a mut dyn Sink, limit: u64) -> Self {
        Self::from(sink, limit, 0, 0)
    }

    /// From these bytes of the command's own output on.
    pub(super) fn from(sink: &'a mut dyn Sink, limit: u64, out: u64, err: u64) -> Self {
        Self { sink, limit, out, err, why: Vec::new() }
    }

    /// Where the next channel goes on.
    pub(super) fn offsets(&self) -> (u64, u64) {
        (self.out, self.err)
    }

    pub(super) fn untouched(&self) -> bool {
        self.out == 0 && self.err == 0
    }

    /// Until the end of the command, or of the channel.
    pub(super) async fn until_its_end(&mut self, channel: &mut Channel) -> Result<Followed, Broken> {
        loop {
            let frame = channel.frame().await?;
            let words: Vec<&str> = frame.iter().map(String::as_str).collect();
            match words[..] {
                ["some", out, err] => self.data(channel, out, err).await?,
                ["rest"] => channel.bytes_to_mark(|bytes| self.pass(Stream::Out, bytes)).await?,
                ["end", how, stop, killed, cut, reached, held, out, err] => {
                    self.data(channel, out, err).await?;
                    return self.ending(how, stop, killed, cut, reached, held);
                }
                ["no", "gone" | "void"] => return Ok(Followed::Gone),
                ["no", word, ref detail @ ..] => return Ok(Followed::No { word: word.into(), detail: detail.join(" ") }),
                _ => return Err(Broken::Protocol { what: frame.join(" ") }),
            }
        }
    }

    async fn data(&mut self, channel: &mut Channel, out: &str, err: &str) -> Result<(), Broken> {
        let count = |word: &str| word.parse::<u64>().map_err(|_| Broken::Protocol { what: word.to_owned() });
        let (out, err) = (count(out)?, count(err)?);
        channel.bytes(out, |bytes| self.pass(Stream::Out, bytes)).await?;
        channel.bytes(err, |bytes| self.take_err(bytes)).await
    }

    fn take_err(&mut self, bytes: &[u8]) {
        let room = 400_usize.saturating_sub(self.why.len()).min(bytes.len());
        self.why.extend_from_slice(&bytes[..room]);
        self.pass(Stream::Err, bytes);
    }

    /// To the sink, up to the limit and not a byte further.
    fn pass(&mut self, stream: Stream, bytes: &[u8]) {
        let seen = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        let room = usize::try_from(self.limit.saturating_sub(*seen)).unwrap_or(usize::MAX).min(bytes.len());
        *seen += bytes.len() as u64;
        if room > 0 {
            self.sink.write(stream, &bytes[..room]);
        }
    }

    fn ending(&self, how: &str, stop: &str, killed: &str, cut: &str, reached: &str, held: &str) -> Result<Followed, Broken> {
        let Some((exit, left_behind)) = exit(how, stop, killed) else {
            return Ok(Followed::Gone);
        };
        let lost = cut == "cut";
        let ended = Ended { exit, out_bytes: self.out, err_bytes: self.err, cut: lost || self.out > self.limit || self.err > self.limit, left_behind };
        // What a full disk swallowed can't prove that a command was not reached.
        let reached = reached == "yes" || lost || matches!(ended.exit, Exit::TimedOut { .. } | Exit::Stopped { .. });
        let why = String::from_utf8_lossy(&self.why).trim().to_owned();
        Ok(Followed::Ended { ended, reached, why, held: held == "stuck" })
    }
}

/// From the words of a frame: `RC:LEFT`, who stopped it, whether anything lives.
pub(super) fn exit(how: &str, stop: &str, killed: &str) -> Option<(Exit, u32)> {
    let (code, left) = how.split_once(':')?;
    let code: i32 = code.parse().ok()?;
    let settled = killed == "gone";
    let exit = match stop {
        "timeout" => Exit::TimedOut { settled },
        "person" => Exit::Stopped { settled },
        _ if (129..=192).contains(&code) => Exit::Signal(code - 128),
        _ => Exit::Code(code),
    };
    Some((exit, left.parse().unwrap_or(0)))
}
