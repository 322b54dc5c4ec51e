package import Hiredis
package import SluiceCore

/// The id of a permit of a semaphore, wanted or held: the client's id, a dot and a number.
package struct PermitID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

/// Requests, renews and returns permits of a semaphore: `lua/limits/semaphore.lua`. Repeating a call is harmless.
package struct PermitCall: StoreFunction {
    package static let name = "semaphore"
    /// Maximum number of wishes in one call.
    package static let mostWishes = 1000

    /// The client's wish for a permit.
    package enum Verb: String, Sendable {
        case acquire, keep, release
    }

    package struct Wish: Sendable, Hashable {
        package var verb: Verb
        package var id: PermitID

        package init(_ verb: Verb, _ id: PermitID) {
            self.verb = verb
            self.id = id
        }
    }

    /// The state of a permit; for a released one, the state before.
    package enum Standing: Sendable, Hashable {
        case held(Fence)
        case waiting
        /// Revoked, returned, or never requested.
        case unknown
    }

    package struct Reply: Sendable, Hashable {
        /// Time until the next call without other events; nil if no waiter is left.
        package var come: Duration?
        /// The state for each wish.
        package var standings: [Standing]
        /// The permits that this call granted, among all waiters of this client.
        package var granted: [PermitID: Fence]

        package init(come: Duration?, standings: [Standing], granted: [PermitID: Fence]) {
            self.come = come
            self.standings = standings
            self.granted = granted
        }
    }

    package var client: String
    package var limit: Int
    package var lease: Duration
    package var wishes: [Wish]

    package init(client: String, limit: Int, lease: Duration, wishes: [Wish]) {
        self.client = client
        self.limit = limit
        self.lease = lease
        self.wishes = wishes
    }

    package var size: (arguments: Int, bytes: Int) { (3 + 2 * wishes.count, 160 + 80 * wishes.count) }

    package func write(into command: inout RedisCommand) {
        command.append(client)
        command.append(limit)
        command.append(lease.milliseconds)
        for wish in wishes {
            command.append(wish.verb.rawValue)
            command.append(wish.id.text)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let come = reply[0].integer, reply[1].count == wishes.count else { throw malformed(Self.name) }
        var granted: [PermitID: Fence] = [:]
        for (id, fence) in reply[2].dictionary {
            guard let fence = fence.integer, fence > 0 else { throw malformed(Self.name) }
            granted[PermitID(id)] = Fence(UInt64(fence))
        }
        var standings: [Standing] = []
        standings.reserveCapacity(wishes.count)
        for value in reply[1].elements {
            guard let fence = value.integer else { throw malformed(Self.name) }
            standings.append(fence > 0 ? .held(Fence(UInt64(fence))) : fence == 0 ? .waiting : .unknown)
        }
        return Reply(come: come < 0 ? nil : .milliseconds(come), standings: standings, granted: granted)
    }
}

extension Store {
    /// Calls the function of a semaphore for one client.
    package func call(_ permits: PermitCall, semaphore: String) async throws(SluiceError) -> PermitCall.Reply {
        try await call(permits, key: keys.semaphore(semaphore))
    }
}
