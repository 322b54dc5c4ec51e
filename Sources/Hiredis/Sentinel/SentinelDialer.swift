import NIOCore
import Synchronization

/// Connects to the primary that sentinels name. Names are resolved anew each time.
final class SentinelDialer: Sendable {
    private let connector: Connector
    private let sentinel: SentinelConfiguration
    private let roster: Mutex<SentinelRoster>
    /// The connection over which a sentinel is asked again and again.
    private let kept = Mutex<Opened?>(nil)

    /// Nil for a configuration without sentinels.
    init?(_ connector: Connector) {
        guard case .sentinel(let sentinel) = connector.configuration.topology else { return nil }
        self.connector = connector
        self.sentinel = sentinel
        roster = Mutex(SentinelRoster(seeds: sentinel.sentinels))
    }

    /// As `Connector.connect`, to the primary.
    func connect() -> EventLoopFuture<any Channel> {
        connector.eventLoop.makeFutureWithTask { [self] in try await find() }
            .flatMap { [self] primary in
                primary.connector.admit(primary.channel).map { channel in
                    PrimaryWatch(of: primary.connector.configuration.endpoint, channel, primary.session.handler, by: self).begin()
                    return channel
                }
            }
    }

    /// Whether most sentinels that answer name another server than that of a connection, and it is a primary.
    /// - Parameter address: where the connection leads.
    func haveLeft(_ server: RedisEndpoint, at address: SocketAddress?) async -> Bool {
        guard let named = await namedNow(), named != server else { return false }
        let others = await namedByOthers()
        guard 1 + others.count(where: { $0 != server }) > others.count(where: { $0 == server }) else { return false }
        guard case .success(let opened?) = await examine(named, within: connector.configuration.connectTimeout / 2) else {
            return false
        }
        defer { opened.channel.close(promise: nil) }
        return opened.channel.remoteAddress != address
    }

    /// Whom the sentinels name that have no kept connection, as far as they answer.
    private func namedByOthers() async -> [RedisEndpoint] {
        let first = kept.withLock { $0?.connector.configuration.endpoint }
        let order = roster.withLock { $0.order }.filter { $0 != first }
        var named: [RedisEndpoint] = []
        for address in order {
            let share = connector.configuration.connectTimeout / (order.count + 1)
            guard let opened = try? await open(connector(toSentinel: address), within: share) else { continue }
            if let server = try? await name(opened) { named.append(server) }
            opened.channel.close(promise: nil)
        }
        return named
    }

    /// Whom a sentinel names now; nil if none answers.
    private func namedNow() async -> RedisEndpoint? {
        if let opened = kept.withLock({ $0 }) {
            if let named = try? await name(opened) { return named }
            forget()
        }
        let order = roster.withLock { $0.order }
        for address in order {
            let share = connector.configuration.connectTimeout / (order.count + 1)
            guard var opened = try? await open(connector(toSentinel: address), within: share) else { continue }
            opened.session.deadline = nil
            guard let named = try? await name(opened) else {
                opened.channel.close(promise: nil)
                continue
            }
            // A look on behalf of an earlier connection may have opened one meanwhile.
            let former = kept.withLock { [opened] kept in
                defer { kept = opened }
                return kept
            }
            former?.channel.close(promise: nil)
            return named
        }
        return nil
    }

    /// Closes the connection to the sentinel.
    func forget() {
        let opened = kept.withLock { kept -> Opened? in
            defer { kept = nil }
            return kept
        }
        opened?.channel.close(promise: nil)
    }

    /// The configuration of the primary itself, as it is now.
    func locate() async throws(RedisError) -> RedisConfiguration {
        let primary = try await find()
        primary.channel.close(promise: nil)
        return primary.connector.configuration
    }

    /// A connection that has been greeted, and how it was made.
    private struct Opened: Sendable {
        let connector: Connector
        let channel: any Channel
        var session: RedisSession
    }

    private func find() async throws(RedisError) -> Opened {
        let end = NIODeadline.now() + TimeAmount(limiting: connector.configuration.connectTimeout)
        func left() -> Duration { .nanoseconds((end - .now()).nanoseconds) }
        let order = roster.withLock { $0.order }
        var search = PrimarySearch(sentinels: order, primaryName: sentinel.primaryName)
        var step = search.next(left: left())
        while true {
            switch step {
            case .ask(let address, let share):
                let answer = await ask(address, within: share)
                step = search.sentinelAnswered(answer, left: left())
            case .examine(let address, let share):
                switch await examine(address, within: share) {
                case .success(let opened?): return opened
                case .success(nil): step = search.serverAnswered(.replica, left: left())
                case .failure(let error): step = search.serverAnswered(.failed(error), left: left())
                }
            case .fail(let error): throw error
            }
        }
    }

    // MARK: Sentinels

    private func ask(_ address: RedisEndpoint, within share: Duration) async -> PrimarySearch.SentinelAnswer {
        do throws(RedisError) {
            let opened = try await open(connector(toSentinel: address), within: share)
            defer { opened.channel.close(promise: nil) }
            guard let named = try await name(opened) else { return .unknownName }
            // Whom it knows is worth having, and not necessary.
            let others = try? await send(["SENTINEL", "SENTINELS", sentinel.primaryName], opened)
            roster.withLock { $0.answered(address, others: others.map { SentinelReply.sentinels($0.root) }) }
            return .primary(named)
        } catch .server(let error) where error.message.hasPrefix("unknown command") {
            return .failed(.unreachable("\(address): it is no sentinel; sentinels listen on port 26379 unless told otherwise"))
        } catch .server(let error) where error.code == "NOPERM" {
            return .failed(.refused("sentinel \(address): \(error)"))
        } catch .server(let error) {
            return .failed(.unreachable("sentinel \(address): \(error)"))
        } catch {
            return .failed(error)
        }
    }

    /// Whom a sentinel names; nil if it does not know the name.
    private func name(_ opened: Opened) async throws(RedisError) -> RedisEndpoint? {
        SentinelReply.address(try await send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinel.primaryName], opened).root)
    }

    private func connector(toSentinel address: RedisEndpoint) -> Connector {
        var configuration = connector.configuration
        configuration.endpoint = address
        configuration.topology = .server
        configuration.username = sentinel.username
        configuration.password = sentinel.password
        configuration.passwordFile = nil
        configuration.database = 0
        return connector.redirected(to: configuration, place: "sentinel \(address)", check: nil)
    }

    // MARK: The server

    /// The connection; nil if the server is a replica.
    private func examine(_ address: RedisEndpoint, within share: Duration) async -> Result<Opened?, RedisError> {
        var configuration = connector.configuration
        configuration.endpoint = address
        configuration.topology = .server
        let place = "\(address) (by sentinel \(sentinel.primaryName))"
        do throws(RedisError) {
            let opened = try await open(
                connector.redirected(to: configuration, place: place, check: connector.check), within: share)
            do throws(RedisError) {
                // Tells the role as ROLE does, and every user may call it.
                let isPrimary = SentinelReply.isPrimary(try await send(["HELLO", "2"], opened).root)
                if !isPrimary { opened.channel.close(promise: nil) }
                return .success(isPrimary ? opened : nil)
            } catch {
                opened.channel.close(promise: nil)
                throw error
            }
        } catch .server(let error) {
            return .failure(.unreachable("\(place): HELLO: \(error)"))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Connections

    private func open(_ connector: Connector, within share: Duration) async throws(RedisError) -> Opened {
        do {
            return try await connector.eventLoop.flatSubmit {
                let end = NIODeadline.now() + TimeAmount(limiting: share)
                return connector.reach(within: share).flatMapThrowing { channel in
                    let session = try connector.session(channel, within: share, until: end)
                    return Opened(connector: connector, channel: channel, session: session)
                }
            }.get()
        } catch {
            throw ConnectFailure.error(error, place: connector.place, hint: connector.hint)
        }
    }

    private func send(_ command: RedisCommand, _ opened: Opened) async throws(RedisError) -> RedisReply {
        do throws(RedisError) {
            return try await opened.session.send(command)
        } catch .timedOut(let limit) {
            throw .unreachable("\(opened.connector.place): no answer to \(command.name) within \(limit)")
        } catch .lost(let reason) {
            throw .unreachable(reason)
        } catch {
            throw error
        }
    }
}
