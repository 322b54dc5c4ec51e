package import Hiredis
package import SluiceCore

/// The reasons why runnable jobs of a queue do not run: the closed gates, and until when they are closed.
package struct DiagnoseWaits: DiagnoseSection {
    package struct Gate: Sendable, Hashable {
        /// The gate; `*` is the queue's own.
        package var name: String
        /// One of rate, breaker, off and concurrency.
        package var reason: String
        /// Time at which it opens, in ms since 1970; nil if time alone does not open it.
        package var until: Int?
    }

    package struct Reply: Sendable {
        /// Whether a worker that calls now could get a job.
        package var isClaimable: Bool
        package var available: Int
        package var gates: [Gate]
    }

    package let words = ["waits"]

    package init() {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let claimable = reply[0].integer, let available = reply[1].integer else { throw malformed(Self.name) }
        let gates = reply[2].rows(of: 3).map { Gate(name: $0.text(0), reason: $0.text(1), until: $0.moment(2)) }
        return Reply(isClaimable: claimable == 1, available: available, gates: gates)
    }
}
