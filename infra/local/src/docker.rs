//! Where Docker's containers reach this machine. Imports nothing of ours.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// This machine's address in the network that containers are in by default; loopback where Docker runs in a virtual machine, as Docker
/// Desktop does.
///
/// Docker is asked for the network and the kernel for the address: Docker Engine 20.10 names no gateway before its second start.
///
/// # Errors
/// If Docker does not answer.
pub async fn host_address() -> Result<IpAddr> {
    let mut docker = Command::new("docker");
    docker.args(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]).stdin(Stdio::null());
    let output = docker.output().await.context("Docker is missing, which `sam local` needs")?;
    ensure!(output.status.success(), "Docker does not answer: {}", String::from_utf8_lossy(&output.stderr).trim());
    let subnet = String::from_utf8_lossy(&output.stdout);
    Ok(own_address(subnet.trim()).unwrap_or(Ipv4Addr::LOCALHOST).into())
}

/// The address that this machine has itself in `subnet` (`172.17.0.0/16`), if it is in there.
fn own_address(subnet: &str) -> Option<Ipv4Addr> {
    let (network, length) = subnet.split_once('/')?;
    let network: Ipv4Addr = network.parse().ok()?;
    let length: u32 = length.parse().ok()?;
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or_default();

    // Connecting a UDP socket sends nothing; it has the kernel choose the address to send from.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::from_bits(network.to_bits() | 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(own) if own.to_bits() & mask == network.to_bits() & mask => Some(own),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_a_network_of_this_machine_only() {
        assert_eq!(own_address("127.0.0.0/8"), Some(Ipv4Addr::LOCALHOST));
        for other in ["203.0.113.0/24", "127.0.0.0", "127.0.0.0/33", "fd00::/64", ""] {
            assert_eq!(own_address(other), None, "{other}");
        }
    }
}
