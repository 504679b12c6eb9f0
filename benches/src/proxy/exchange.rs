//! One connection through the proxy: request after request, each with its fate, and its answer.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Road;
use super::weather::Fate;

/// Bytes of a head at most.
const HEAD: usize = 64 * 1024;

/// Why a connection is over.
#[derive(Debug)]
enum Over {
    /// One side closed it, or broke it.
    Ended,
    /// It is to be reset, both sides.
    Reset,
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Over {
        Over::Ended
    }
}

/// A message as far as it was read.
struct Message {
    head: Vec<u8>,
    body: u64,
}

impl Message {
    fn bytes(&self) -> u64 {
        self.head.len() as u64 + self.body
    }
}

type Side = BufReader<TcpStream>;

/// Serves a client until its connection is over.
pub(super) async fn serve(road: Arc<Road>, client: TcpStream) {
    let Ok(server) = road.onward().await else {
        return;
    };
    let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
    loop {
        match exchange(&road, &mut client, &mut server).await {
            Ok(()) => {}
            Err(Over::Ended) => return,
            Err(Over::Reset) => {
                // Fails on a socket that is closed already.
                let _ = client.get_ref().set_zero_linger();
                let _ = server.get_ref().set_zero_linger();
                return;
            }
        }
    }
}

async fn exchange(road: &Arc<Road>, client: &mut Side, server: &mut Side) -> Result<(), Over> {
    let request = message(client).await?;
    let whole = request.bytes();
    let fate = road.fate(whole);
    let most = match fate {
        Fate::Reset { at } | Fate::Cut { at } => at,
        _ => whole,
    };
    if let Fate::Delay(pause) = fate {
        tokio::time::sleep(pause).await;
    }
    if fate == Fate::Silence {
        // Held open until the proxy ends.
        return std::future::pending().await;
    }
    let sent = forward(road, request, client, server, most).await?;
    match fate {
        Fate::Reset { .. } => return Err(Over::Reset),
        Fate::Cut { .. } => return Err(Over::Ended),
        Fate::Double { after } => {
            let road = Arc::clone(road);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                // The agent may be gone by then.
                let _ = again(&road, &sent).await;
            });
        }
        _ => {}
    }
    let answer = message(server).await?;
    match fate {
        Fate::Swallow => {
            // To the end, so that the agent has done all that it does.
            let mut rest = (&mut *server).take(answer.body);
            tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
            Err(Over::Reset)
        }
        Fate::ResetAnswer { at } => {
            forward(road, answer, server, client, at).await?;
            Err(Over::Reset)
        }
        _ => {
            let whole = answer.bytes();
            forward(road, answer, server, client, whole).await?;
            Ok(())
        }
    }
}

/// The head of the next message.
async fn message(from: &mut Side) -> Result<Message, Over> {
    let (mut head, mut body) = (Vec::new(), 0);
    loop {
        let line = head.len();
        let read = from.read_until(b'\n', &mut head).await?;
        if read == 0 || head.len() > HEAD {
            return Err(Over::Ended);
        }
        let line = String::from_utf8_lossy(&head[line..]).to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            body = length.trim().parse().map_err(|_| Over::Ended)?;
        }
        if line.trim().is_empty() {
            return Ok(Message { head, body });
        }
    }
}

/// Passes on the first `most` bytes of a message in pieces, and gives what passed.
async fn forward(
    road: &Road,
    message: Message,
    from: &mut Side,
    to: &mut Side,
    most: u64,
) -> Result<Vec<u8>, Over> {
    let mut passed = Vec::new();
    let mut rest = (&message.head[..])
        .chain(from.take(message.body))
        .take(most);
    loop {
        let mut piece = vec![0; road.piece()];
        let n = rest.read(&mut piece).await?;
        if n == 0 {
            break;
        }
        road.pass(n).await;
        to.write_all(&piece[..n]).await?;
        passed.extend_from_slice(&piece[..n]);
    }
    match passed.len() as u64 == most.min(message.bytes()) {
        true => Ok(passed),
        false => Err(Over::Ended),
    }
}

/// Sends a request that was sent before on a connection of its own, and waits for its answer.
async fn again(road: &Road, request: &[u8]) -> Result<(), Over> {
    let mut server = BufReader::new(road.onward().await?);
    server.write_all(request).await?;
    message(&mut server).await.map(drop)
}
