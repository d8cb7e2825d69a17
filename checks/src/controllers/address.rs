//! Addresses for pods that do not exist: from the block that is set aside for benchmarks (RFC 2544), so that nobody takes
//! them for real ones. Each follows from the name of its pod, so that it stays when other pods come and go.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use crate::world::{Endpoints, World};

/// 198.18.0.0, the first of 2^17.
const FIRST: u32 = 0xc612_0000;
const SIZE: u32 = 1 << 17;

/// The addresses that are taken.
pub(super) struct Addresses(BTreeSet<u32>);

impl Addresses {
    /// Those of a world's pods and endpoints that are stand-ins.
    pub(super) fn of(world: &World) -> Self {
        let pods = world.pods.iter().map(|pod| pod.status.pod_ip.as_str());
        let ends = world.endpoints.iter().flat_map(of_endpoints);
        let numbers = pods.chain(ends).filter_map(|text| text.parse::<Ipv4Addr>().ok()).map(u32::from);
        Self(numbers.filter(|number| (FIRST..FIRST + SIZE).contains(number)).collect())
    }

    /// One that is free, by a name.
    pub(super) fn take(&mut self, name: &str) -> String {
        let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let mut at = hash % SIZE;
        // A block that is full is shared: so many pods do not stand in files.
        for _ in 0..SIZE {
            if self.0.insert(FIRST + at) {
                break;
            }
            at = (at + 1) % SIZE;
        }
        Ipv4Addr::from(FIRST + at).to_string()
    }
}

fn of_endpoints(endpoints: &Endpoints) -> impl Iterator<Item = &str> {
    endpoints.subsets.iter().flat_map(|subset| &subset.addresses).map(|address| address.ip.as_str())
}

/// The address in the other family, from the block for documentation (RFC 3849).
pub(super) fn in_ipv6(address: &str) -> Option<String> {
    let number = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let number = u128::from(number).wrapping_add(0x2001_0db8 << 96);
    Some(Ipv6Addr::from(number).to_string())
}

/// Whether an address is one of these.
pub(crate) fn is_stand_in(address: &str) -> bool {
    address.parse::<Ipv4Addr>().is_ok_and(|address| (FIRST..FIRST + SIZE).contains(&u32::from(address)))
}
