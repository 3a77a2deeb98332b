//! Following one command: its bytes in order and once, whatever happens to the connection meanwhile.

use super::{
    call::{Ended, Exit, Sink, Stream},
    channel::Channel,
    error::Broken,
};

/// `RB <32 hex> opened\n`, written before the command starts, so that there is room on the disk.
const OPENED: u64 = 43;
/// `RB <32 hex> reached\n`, by the command's shell as its own user.
const REACHED: u64 = 44;

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
    raw_out: u64,
    raw_err: u64,
    head: Vec<u8>,
    headed: bool,
    reached: bool,
    out: u64,
    err: u64,
    why: Vec<u8>,
}

impl<'a> Follow<'a> {
    pub(super) fn new(sink: &'a mut dyn Sink, limit: u64) -> Self {
        Self { sink, limit, raw_out: 0, raw_err: 0, head: Vec::new(), headed: false, reached: false, out: 0, err: 0, why: Vec::new() }
    }

    /// From these bytes of the command's own output on.
    pub(super) fn from(sink: &'a mut dyn Sink, limit: u64, out: u64, err: u64) -> Self {
        let mut follow = Self::new(sink, limit);
        if out > 0 {
            (follow.raw_out, follow.out, follow.headed, follow.reached) = (OPENED + REACHED + out, out, true, true);
        }
        (follow.raw_err, follow.err) = (err, err);
        follow
    }

    /// Where the next channel goes on.
    pub(super) fn offsets(&self) -> (u64, u64) {
        (self.raw_out, self.raw_err)
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
                ["rest"] => channel.bytes_to_mark(|bytes| self.take_out(bytes)).await?,
                ["end", how, stop, killed, cut, held, out, err] => {
                    self.data(channel, out, err).await?;
                    return self.ending(how, stop, killed, cut, held);
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
        channel.bytes(out, |bytes| self.take_out(bytes)).await?;
        channel.bytes(err, |bytes| self.take_err(bytes)).await
    }

    /// The first two lines are ours; all else is the command's.
    fn take_out(&mut self, bytes: &[u8]) {
        self.raw_out += bytes.len() as u64;
        if self.headed {
            return self.pass(Stream::Out, bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() as u64 >= OPENED + REACHED {
            self.behead();
        }
    }

    fn behead(&mut self) {
        self.headed = true;
        let head = std::mem::take(&mut self.head);
        let opened = (OPENED as usize).min(head.len());
        let both = ((OPENED + REACHED) as usize).min(head.len());
        let second = &head[opened..both];
        self.reached = second.starts_with(b"RB ") && second.ends_with(b" reached\n");
        let from = if self.reached { both } else { opened };
        self.pass(Stream::Out, &head[from..]);
    }

    fn take_err(&mut self, bytes: &[u8]) {
        self.raw_err += bytes.len() as u64;
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

    fn ending(&mut self, how: &str, stop: &str, killed: &str, cut: &str, held: &str) -> Result<Followed, Broken> {
        if !self.headed {
            self.behead();
        }
        let Some((exit, left_behind)) = exit(how, stop, killed) else {
            return Ok(Followed::Gone);
        };
        let lost = cut == "cut";
        let ended = Ended { exit, out_bytes: self.out, err_bytes: self.err, cut: lost || self.out > self.limit || self.err > self.limit, left_behind };
        // What a full disk swallowed can't prove that a command was not reached.
        let reached = self.reached || lost || matches!(ended.exit, Exit::TimedOut { .. } | Exit::Stopped { .. });
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
