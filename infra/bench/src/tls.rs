//! TLS in front of a plain service: what AWS's endpoints have, and what a first call pays for. Imports [`crate::recording`].

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::recording::Recording;

/// Hands what comes in over TLS on `listener` to the service at `plain`, and its answers back; does not return.
pub async fn serve(listener: TcpListener, acceptor: TlsAcceptor, plain: SocketAddr, recording: Recording) {
    loop {
        // A client that has gone again is no reason to stop.
        let Ok((client, _)) = listener.accept().await else { continue };
        let (acceptor, recording) = (acceptor.clone(), recording.clone());
        tokio::spawn(async move {
            // Whoever does not speak TLS, or does not trust us, gets no answer.
            let _ = pass(client, acceptor, plain, recording).await;
        });
    }
}

async fn pass(client: TcpStream, acceptor: TlsAcceptor, plain: SocketAddr, recording: Recording) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let client = acceptor.accept(client).await?;
    let service = TcpStream::connect(plain).await?;
    service.set_nodelay(true)?;
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_service, mut to_service) = service.into_split();

    let requests = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_client.read(&mut buffer).await?;
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
            recording.note(bytes);
            to_service.write_all(bytes).await?;
        }
        to_service.shutdown().await
    };
    let answers = async {
        // Each write is flushed, or the answer's end would stay in the buffer of the TLS layer.
        copy(&mut from_service, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(requests, answers).map(drop)
}
