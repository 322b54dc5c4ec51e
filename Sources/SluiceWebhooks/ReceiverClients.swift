import AsyncHTTPClient
import Hiredis
import NIOCore
import NIOSSL
import Synchronization

/// One HTTP client for each receiver and the address that was found for it: a client connects to where it was told, and says, and
/// checks of a certificate, the name that stands in the URL. Connections are kept for a while.
final class ReceiverClients: Sendable {
    /// The address is one that web hooks may not be at.
    struct AddressRefused: Error, CustomStringConvertible {
        var address: String
        var description: String { "its address \(address) is refused: it is private, local or reserved" }
    }

    struct Key: Hashable, Sendable {
        /// As it stands in the URL, since it is there that a client looks for it.
        var host: String
        var address: IPAddress
        /// Whether the URL names the address itself.
        var isAddress = false
    }

    private struct Entry {
        let client: HTTPClient
        var users = 0
        var lastUse = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private static let most = 1000

    private let rules: AddressRules
    private let timeout: TimeAmount
    private let tls: TLSConfiguration
    private let state = Mutex(State())

    init(_ rules: AddressRules, timeout: TimeAmount, tls: TLSConfiguration = .makeClientConfiguration()) {
        self.rules = rules
        self.timeout = timeout
        self.tls = tls
    }

    /// Lends a client.
    func with<Result: Sendable>(_ key: Key, _ body: (HTTPClient) async throws -> Result) async throws -> Result {
        let (client, retired) = borrow(key)
        defer { state.withLock { $0.entries[key]?.users -= 1 } }
        if let retired { try? await retired.shutdown() }
        return try await body(client)
    }

    /// Ends all connections.
    func close() async {
        let entries = state.withLock { state in
            defer { state.entries = [:] }
            return Array(state.entries.values)
        }
        for entry in entries { try? await entry.client.shutdown() }
    }

    /// The client, and one that goes for it.
    private func borrow(_ key: Key) -> (HTTPClient, retired: HTTPClient?) {
        state.withLock { state in
            state.uses += 1
            var retired: HTTPClient?
            if state.entries[key] == nil {
                if state.entries.count >= Self.most {
                    let idle = state.entries.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }
                    if let idle { retired = state.entries.removeValue(forKey: idle.key)?.client }
                }
                state.entries[key] = Entry(client: client(for: key))
            }
            state.entries[key]?.users += 1
            state.entries[key]?.lastUse = state.uses
            return (state.entries[key]?.client ?? client(for: key), retired)
        }
    }

    private func client(for key: Key) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: timeout, read: timeout, write: timeout),
            connectionPool: HTTPClient.Configuration.ConnectionPool(
                idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: 64))
        configuration.connectionPool.retryConnectionEstablishment = false
        if key.address != IPAddress(key.host) { configuration.dnsOverride = [key.host: key.address.description] }
        // The address was checked before; here it is that of the peer, whatever was resolved, and nothing has been said to it yet.
        let name = key.isAddress ? nil : key.host
        configuration.http1_1ConnectionDebugInitializer = { [rules] channel in Self.check(channel, rules, name) }
        configuration.http2ConnectionDebugInitializer = { [rules] channel in Self.check(channel, rules, name) }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Parameter name: that the peer's certificate has to be for, if the URL has one and the connection is secure.
    private static func check(_ channel: any Channel, _ rules: AddressRules, _ name: String?) -> EventLoopFuture<Void> {
        let text = channel.remoteAddress?.ipAddress ?? "?"
        guard let address = IPAddress(text), rules.allows(address) else { return refuse(channel, AddressRefused(address: text)) }
        guard let name else { return channel.eventLoop.makeSucceededVoidFuture() }
        return channel.eventLoop.flatSubmit {
            // A connection without TLS has none.
            guard let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate() else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            if PeerName.matches(certificate, name) { return channel.eventLoop.makeSucceededVoidFuture() }
            return refuse(channel, NIOSSLExtraError.failedToValidateHostname)
        }
    }

    private static func refuse(_ channel: any Channel, _ error: any Error) -> EventLoopFuture<Void> {
        let refused = channel.eventLoop.makePromise(of: Void.self)
        channel.close().whenComplete { _ in refused.fail(error) }
        return refused.futureResult
    }
}

extension ReceiverClients.Key {
    init(_ target: WebhookTarget, at address: IPAddress) {
        self.init(host: target.host, address: address, isAddress: target.isAddress)
    }
}
