import NIOCore

/// Asks once a second whether the sentinels still name the server of a connection, and leaves it if not.
///
/// After a failover by hand, the old primary is told only some ten seconds later that it is a replica. What it takes meanwhile is
/// lost. A connection that asks also notices a sentinel that is gone, which one that only listens would not.
///
/// One sentinel's word is not enough: it may be behind, or write the same address in another way. The connection stays while as
/// many sentinels name its server, while the other server is no primary, and if that is the same one.
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
        let address = channel.remoteAddress
        channel.eventLoop.makeFutureWithTask { await dialer.haveLeft(server, at: address) }.whenSuccess { haveLeft in
            guard channel.isActive else { return dialer.forget() }
            if haveLeft {
                handler.value.demote()
            } else {
                waitAndLook()
            }
        }
    }
}
