import AsyncHTTPClient
import Logging
import Metrics
import NIOCore
import NIOHTTP1
public import ServiceLifecycle
public import SluiceCore
import SluiceWorker

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Delivers notifications: `worker.deliverWebhooks(by: sender)` on a worker of queue ``Notify/queue``.
///
/// Each is a POST of JSON with three headers: `Sluice-Id`, the same for every repetition of one notification, `Sluice-Timestamp`, in
/// seconds since 1970, and `Sluice-Signature`, which ``WebhookVerifier`` checks. An answer from 200 to 299 is the end of it; 410
/// cancels; 429 and 503 may say when to come again; all else, and no answer in time, is tried again with growing waits. After the
/// last try the job is discarded and `sluice_webhooks_dead_total` rises: `sluice jobs retry --queue webhooks --state discarded` sends the
/// dead ones again. Redirects are not followed, of answers only the head counts, and what is not on the public Internet is refused.
public final class WebhookSender: Service {
    private let options: WebhookOptions
    private let rules: AddressRules
    private let resolver: NameResolver
    private let clients: ReceiverClients
    private let dead: Counter
    private let delivered: Counter

    /// Bytes of an answer that are read so that its connection can be used again.
    private static let mostBytes = 65_536
    /// How long that may take.
    private static let drainTime = TimeAmount.seconds(1)

    /// A sender. It takes a worker to have anything to send.
    /// - Throws: `invalidArgument` without a secret, and if the file of authorities has none.
    public convenience init(_ options: WebhookOptions) throws(SluiceError) {
        try self.init(options, metrics: MetricsSystem.factory)
    }

    init(
        _ options: WebhookOptions, lookup: @escaping NameResolver.Lookup = NameResolver.ask,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(SluiceError) {
        if options.secrets.isEmpty { throw SluiceError(.invalidArgument, "web hooks are signed: give at least one secret") }
        self.options = options
        rules = AddressRules(allowed: options.allowed)
        resolver = NameResolver(lookup: lookup)
        dead = Counter(label: "sluice_webhooks_dead_total", factory: metrics)
        delivered = Counter(label: "sluice_webhooks_delivered_total", factory: metrics)
        clients = ReceiverClients(
            rules, timeout: TimeAmount(options.timeout), tls: try ReceiverTrust.configuration(beside: options.authorities))
    }

    /// Waits for the service group to shut down, and closes. Stands before the worker in a group, so that it outlives it.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Ends all connections, for those who do not `run` it. Nothing can be sent any more that has not been.
    public func close() async {
        resolver.close()
        await clients.close()
    }

    /// What the jobs are handled with.
    var jobOptions: JobOptions {
        // Looking the name up and the head of the answer have the timeout together; some more for what comes behind that.
        JobOptions(
            queue: Notify.queue, maxAttempts: options.maxAttempts, retry: options.retry, timeout: options.timeout + .seconds(30))
    }

    func deliver(_ arguments: [UInt8], id: String, logger: Logger) async -> JobResult {
        guard let call = WebhookCall(arguments) else {
            return .discard(reason: "the arguments are not those of a notification")
        }
        guard call.isNotification(id) else {
            return .discard(reason: "the body is not that of notification '\(id)', so it is not signed")
        }
        do {
            let target = try WebhookTarget(call.url)
            let deadline = NIODeadline.now() + TimeAmount(options.timeout)
            let address = try choose(try await resolver.addresses(of: target, by: deadline))
            let answer = try await clients.with(ReceiverClients.Key(target, at: address)) { client in
                try await send(call, to: target, id: id, by: client, deadline)
            }
            return outcome(answer)
        } catch let refused as WebhookTarget.Refused {
            return .discard(reason: "the URL is refused: \(refused)")
        } catch let refused as ReceiverClients.AddressRefused {
            return .discard(reason: "the URL is refused: \(refused)")
        } catch {
            logger.debug("a web hook could not be told", metadata: ["error": "\(error)"])
            return .retry(reason: "no answer: \(ReceiverTrust.refusal(error) ?? "\(error)")")
        }
    }

    func died() { dead.increment() }

    /// One of those that are allowed, the first ones rather than others.
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
            WebhookSignature.signature: WebhookSignature.header(call.body, at: timestamp, options.secrets),
        ]
        request.body = .bytes(call.body, length: .known(Int64(call.body.count)))
        let response = try await client.execute(request, deadline: deadline)
        await drain(response, on: client.eventLoopGroup.any())
        return Answer(status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"))
    }

    /// Reads what comes behind the head, within bounds; beyond them the connection is given up. What it says is of no interest.
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
