import AsyncHTTPClient
import Logging
import Metrics
import NIOCore
import NIOHTTP1
public import ServiceLifecycle
public import SluiceCore
import SluiceWorker
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Delivers notifications: `worker.deliverWebhooks(by: sender)` on a worker of queue ``Notify/queue``.
///
/// Each notification is a POST of JSON with three headers: `Sluice-Id`, the same for every repetition of one notification;
/// `Sluice-Timestamp`, in seconds since 1970; and `Sluice-Signature`, which ``WebhookVerifier`` checks.
///
/// A status from 200 to 299 delivers the notification, and 410 cancels it. 429 and 503 may set the time of the next attempt. Any
/// other answer, or none in time, is retried with growing delays. After the last attempt the job is discarded and
/// `sluice_webhooks_dead_total` rises: `sluice jobs retry --queue webhooks --state discarded` sends discarded notifications again.
/// Redirects are not followed, only the head of a response counts, and addresses outside the public Internet are refused.
public final class WebhookSender: Service {
    private let options: WebhookOptions
    private let secrets: Mutex<[WebhookSecret]>
    private let rules: AddressRules
    private let resolver: NameResolver
    private let clients: ReceiverClients
    private let dead: Counter
    private let delivered: Counter

    /// The response bytes that are read so that the connection can be reused.
    private static let mostBytes = 65_536
    /// The time limit for that.
    private static let drainTime = TimeAmount.seconds(1)

    /// Makes a sender. It sends nothing until a worker delivers web hooks by it.
    /// - Throws: `invalidArgument` without a secret, or if the file of authorities has no certificate.
    public convenience init(_ options: WebhookOptions) throws(SluiceError) {
        try self.init(options, metrics: MetricsSystem.factory)
    }

    init(
        _ options: WebhookOptions, lookup: @escaping NameResolver.Lookup = NameResolver.ask,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(SluiceError) {
        if options.secrets.isEmpty { throw SluiceError(.invalidArgument, "web hooks are signed: give at least one secret") }
        self.options = options
        secrets = Mutex(options.secrets)
        rules = AddressRules(allowed: options.allowed)
        resolver = NameResolver(lookup: lookup)
        dead = Counter(label: "sluice_webhooks_dead_total", factory: metrics)
        delivered = Counter(label: "sluice_webhooks_delivered_total", factory: metrics)
        clients = ReceiverClients(
            rules, timeout: TimeAmount(options.timeout), tls: try ReceiverTrust.configuration(beside: options.authorities))
    }

    /// Waits for the graceful shutdown of the service group, then closes. List the sender before the worker in a group, so that it
    /// outlives the worker.
    /// It throws no error of its own.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Closes all connections; for programs that do not `run` the sender. Later sends fail.
    public func close() async {
        resolver.close()
        await clients.close()
    }

    /// Signs with other secrets from now on; at least one.
    package func sign(with secrets: [WebhookSecret]) { self.secrets.withLock { $0 = secrets } }

    /// Reads the file of authorities again, for the connections to come.
    /// - Throws: `invalidArgument` if it has no certificate. Those before then stay trusted.
    package func readAuthorities() throws(SluiceError) {
        clients.trust(try ReceiverTrust.configuration(beside: options.authorities))
    }

    /// The options of the handler for notification jobs.
    var jobOptions: JobOptions {
        // The name lookup and the head of the response share the timeout. The rest covers what follows the head.
        JobOptions(
            queue: Notify.queue, maxAttempts: options.maxAttempts, retry: options.retry, timeout: options.timeout + .seconds(30))
    }

    /// - Throws: `WorkerUnable` if it could not be sent for want of something of this process.
    func deliver(_ arguments: [UInt8], id: String, logger: Logger) async throws(WorkerUnable) -> JobResult {
        guard let call = WebhookCall(arguments) else {
            return .discard(reason: "the arguments are not those of a notification")
        }
        guard call.isNotification(id) else {
            return .discard(reason: "the body is not that of notification '\(id)', so it is not signed")
        }
        var address: IPAddress?
        do {
            let target = try WebhookTarget(call.url)
            let deadline = NIODeadline.now() + TimeAmount(options.timeout)
            let chosen = try choose(try await resolver.addresses(of: target, by: deadline))
            address = chosen
            let answer = try await clients.with(ReceiverClients.Key(target, at: chosen)) { client in
                try await send(call, to: target, id: id, by: client, deadline)
            }
            return outcome(answer)
        } catch let refused as WebhookTarget.Refused {
            return .discard(reason: "the URL is refused: \(refused)")
        } catch let refused as ReceiverClients.AddressRefused {
            return .discard(reason: "the URL is refused: \(refused)")
        } catch {
            if let reason = OwnShortage.reason(error, at: address) {
                throw WorkerUnable("web hooks cannot be sent: \(reason)")
            }
            logger.debug("a web hook could not be told", metadata: ["error": "\(error)"])
            return .retry(reason: "no answer: \(ReceiverTrust.refusal(error) ?? "\(error)")")
        }
    }

    func died() { dead.increment() }

    /// Returns the first address that the rules allow.
    /// - Throws: `AddressRefused` if there is none.
    private func choose(_ addresses: [IPAddress]) throws -> IPAddress {
        guard let address = addresses.first(where: rules.allows) else {
            throw ReceiverClients.AddressRefused(address: addresses.map(\.description).joined(separator: ", "))
        }
        return address
    }

    private struct Answer: Sendable {
        var status: Int
        var retryAfter: String?
    }

    private func send(
        _ call: WebhookCall, to target: WebhookTarget, id: String, by client: HTTPClient, _ deadline: NIODeadline
    ) async throws -> Answer {
        let timestamp = "\(Int(Date().timeIntervalSince1970))"
        var request = HTTPClientRequest(url: target.url)
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json", "User-Agent": "sluice-webhooks", WebhookSignature.id: id,
            WebhookSignature.timestamp: timestamp,
            WebhookSignature.signature: WebhookSignature.header(call.body, at: timestamp, secrets.withLock { $0 }),
        ]
        request.body = .bytes(call.body, length: .known(Int64(call.body.count)))
        let response = try await client.execute(request, deadline: deadline)
        await drain(response, on: client.eventLoopGroup.any())
        return Answer(status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"))
    }

    /// Reads the body of a response, within bounds; beyond them the connection is closed. The content is ignored.
    private func drain(_ response: HTTPClientResponse, on eventLoop: any EventLoop) async {
        if response.status == .noContent || response.headers.first(name: "Content-Length") == "0" { return }
        let drain = Task {
            var bytes = 0
            for try await part in response.body {
                bytes += part.readableBytes
                if bytes > Self.mostBytes { return }
            }
        }
        let timer = eventLoop.scheduleTask(in: Self.drainTime) { drain.cancel() }
        _ = await withTaskCancellationHandler {
            await drain.result
        } onCancel: {
            drain.cancel()
        }
        timer.cancel()
    }

    private func outcome(_ answer: Answer) -> JobResult {
        switch answer.status {
        case 200..<300:
            delivered.increment()
            return .completed(JSONOutput(text: nil))
        case 410: return .cancel(reason: "the receiver wants no more: HTTP 410")
        case 300..<400: return .retry(reason: "HTTP \(answer.status): redirects are not followed")
        case 429, 503:
            let wait = answer.retryAfter.flatMap { RetryAfterHeader.wait($0, now: Date().timeIntervalSince1970) }
            return .retry(after: wait, reason: "HTTP \(answer.status)")
        default: return .retry(reason: "HTTP \(answer.status)")
        }
    }
}
