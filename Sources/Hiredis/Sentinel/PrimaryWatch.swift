import NIOCore

/// Asks once a second whether the sentinels still name the server of a connection, and leaves it if not.
///
/// After a failover by hand, the old primary is told only some ten seconds later that it is a replica. What it takes meanwhile is
/// lost. A connection that asks also notices a sentinel that is gone, which one that only listens would not.
struct PrimaryWatch: Sendable {
    static let interval = TimeAmount.seconds(1)

    private let server: RedisEndpoint
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>
    private let dialer: SentinelDialer

    init(
        of server: RedisEndpoint, _ channel: any Channel, _ handler: NIOLoopBound<RedisChannelHandler>, by dialer: SentinelDialer
    ) {
        self.server = server
        self.channel = channel
        self.handler = handler
        self.dialer = dialer
    }

    /// Ends with the connection.
    func begin() {
        channel.closeFuture.whenComplete { _ in dialer.forget() }
        waitAndLook()
    }

    private func waitAndLook() {
        channel.eventLoop.scheduleTask(in: Self.interval) {
            if channel.isActive { look() }
        }
    }

    private func look() {
        channel.eventLoop.makeFutureWithTask { await dialer.namedNow() }.whenSuccess { named in
            guard channel.isActive else { return dialer.forget() }
            if let named, named != server {
                handler.value.demote()
            } else {
                waitAndLook()
            }
        }
    }
}
