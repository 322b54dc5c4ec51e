import AsyncHTTPClient
import Hiredis
import NIOCore
import NIOSSL
import SluiceCore
import Synchronization

/// One HTTP client per receiver and resolved address. A client connects to that address, but sends and verifies (in the
/// certificate) the host name of the URL. Connections stay open for a while.
final class ReceiverClients: Sendable {
    /// The rules do not allow web hooks to this address.
    struct AddressRefused: Error, CustomStringConvertible {
        var address: String
        var description: String { "its address \(address) is refused: it is private, local or reserved" }
    }

    struct Key: Hashable, Sendable {
        /// The host as it stands in the URL, which is the form a client looks up.
        var host: String
        var address: IPAddress
        /// Whether the URL contains the address itself.
        var isAddress = false
    }

    /// A receiver under the authorities of some time.
    private struct Place: Hashable {
        var key: Key
        var trust: Int
    }

    private struct Entry {
        let client: HTTPClient
        var users = 0
        var lastUse = 0
    }

    private struct State {
        var entries: [Place: Entry] = [:]
        var uses = 0
        var tls: TLSConfiguration
        /// Rises when other authorities are trusted.
        var trust = 0
    }

    private static let most = 1000

    private let rules: AddressRules
    private let timeout: TimeAmount
    private let state: Mutex<State>

    init(_ rules: AddressRules, timeout: TimeAmount, tls: TLSConfiguration = .makeClientConfiguration()) {
        self.rules = rules
        self.timeout = timeout
        state = Mutex(State(tls: tls))
    }

    /// Lends a client for one call.
    func with<Result: Sendable>(_ key: Key, _ body: (HTTPClient) async throws -> Result) async throws -> Result {
        let (client, place, retired) = borrow(key)
        defer { state.withLock { $0.entries[place]?.users -= 1 } }
        for client in retired { try? await client.shutdown() }
        return try await body(client)
    }

    /// Trusts other authorities, on the connections to come.
    func trust(_ tls: TLSConfiguration) {
        state.withLock { state in
            state.tls = tls
            state.trust += 1
        }
    }

    /// Closes all connections.
    func close() async {
        let entries = state.withLock { state in
            defer { state.entries = [:] }
            return Array(state.entries.values)
        }
        for entry in entries { try? await entry.client.shutdown() }
    }

    /// Returns the client and its place, and those that make room.
    private func borrow(_ key: Key) -> (HTTPClient, Place, retired: [HTTPClient]) {
        state.withLock { state in
            state.uses += 1
            let place = Place(key: key, trust: state.trust)
            var retired: [HTTPClient] = []
            if state.entries[place] == nil {
                let old = state.entries.filter { $0.value.users == 0 && $0.key.trust < state.trust }.map(\.key)
                retired = old.compactMap { state.entries.removeValue(forKey: $0)?.client }
                if state.entries.count >= Self.most {
                    let idle = state.entries.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }
                    if let idle, let entry = state.entries.removeValue(forKey: idle.key) { retired.append(entry.client) }
                }
                state.entries[place] = Entry(client: client(for: key, state.tls))
            }
            state.entries[place]?.users += 1
            state.entries[place]?.lastUse = state.uses
            return (state.entries[place]?.client ?? client(for: key, state.tls), place, retired)
        }
    }

    private func client(for key: Key, _ tls: TLSConfiguration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: timeout, read: timeout, write: timeout),
            connectionPool: HTTPClient.Configuration.ConnectionPool(
                idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: 64))
        configuration.connectionPool.retryConnectionEstablishment = false
        if key.address != IPAddress(key.host) { configuration.dnsOverride = [key.host: key.address.description] }
        // The resolved address was checked before. This checks the address of the actual peer, before any byte is sent to it.
        let name = key.isAddress ? nil : key.host
        configuration.http1_1ConnectionDebugInitializer = { [rules] channel in Self.check(channel, rules, name) }
        configuration.http2ConnectionDebugInitializer = { [rules] channel in Self.check(channel, rules, name) }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Parameter name: the name that the peer's certificate has to match; nil if the URL has an address.
    private static func check(_ channel: any Channel, _ rules: AddressRules, _ name: String?) -> EventLoopFuture<Void> {
        let text = channel.remoteAddress?.ipAddress ?? "?"
        guard let address = IPAddress(text), rules.allows(address) else { return refuse(channel, AddressRefused(address: text)) }
        guard let name else { return channel.eventLoop.makeSucceededVoidFuture() }
        return channel.eventLoop.flatSubmit {
            // A connection without TLS has no certificate.
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
