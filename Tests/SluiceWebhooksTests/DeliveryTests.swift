import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import SluiceCore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

@testable import SluiceWebhooks

/// One request, and what becomes of it.
@Suite(.timeLimit(.minutes(5)))
struct DeliveryTests {
    private static let loopback = try? [AddressRange("127.0.0.0/8")]
    private static let body = #"{"id":"a:1","n":[],"x":1.0,"big":12345678901234567890}"#

    private func deliver(
        _ url: String, timeout: Duration = .seconds(60), allowed: [AddressRange]? = loopback,
        lookup: @escaping NameResolver.Lookup = NameResolver.ask
    ) async throws -> String {
        var options = WebhookOptions(secrets: [try WebhookSecret("a secret of enough bytes")], timeout: timeout)
        options.allowed = allowed ?? []
        let sender = try WebhookSender(options, lookup: lookup)
        let result = try await sender.deliver(
            Array(#"{"url":"\#(url)","body":\#(Self.body)}"#.utf8), id: "a:1", logger: Logger(label: "test"))
        await sender.close()
        return switch result {
        case .completed: "completed"
        case .retry(let wait, let reason): "retry\(wait.map { " \($0)" } ?? ""): \(reason)"
        case .cancel(let reason): "cancel: \(reason)"
        case .discard(let reason): "discard: \(reason)"
        case .snooze: "snooze"
        }
    }

    @Test func theRequestIsWhatReceiversCheck() async throws {
        let receiver = try await HookReceiver()
        #expect(try await deliver(receiver.url + "?key=1%202") == "completed")
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST" && request.path == "/hook?key=1%202")
        #expect(request.body == Array(Self.body.utf8), "to the letter")
        #expect(request.headers["content-type"] == "application/json" && request.headers["sluice-id"] == "a:1")
        let verifier = try WebhookVerifier([WebhookSecret("a secret of enough bytes")], tolerance: .seconds(3600))
        try verifier.check(
            request.body, timestamp: request.headers["sluice-timestamp"] ?? "",
            signature: request.headers["sluice-signature"] ?? "")
        await receiver.close()
    }

    @Test(arguments: [
        (200, [:], "completed"), (201, [:], "completed"), (204, [:], "completed"), (299, [:], "completed"),
        (410, [:], "cancel: the receiver wants no more: HTTP 410"),
        (500, [:], "retry: HTTP 500"), (404, [:], "retry: HTTP 404"), (500, ["Retry-After": "7"], "retry: HTTP 500"),
        (429, ["Retry-After": "7"], "retry 7.0 seconds: HTTP 429"), (503, ["Retry-After": "0"], "retry 0.0 seconds: HTTP 503"),
        (503, [:], "retry: HTTP 503"), (429, ["Retry-After": "soon"], "retry: HTTP 429"),
        (429, ["Retry-After": "999999999"], "retry 86400.0 seconds: HTTP 429"),
    ])
    func whatAnAnswerMeans(status: Int, headers: [String: String], expected: String) async throws {
        let receiver = try await HookReceiver { _ in .status(status, headers: headers) }
        #expect(try await deliver(receiver.url) == expected)
        #expect(receiver.requests.count == 1)
        await receiver.close()
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func redirectsAreNotFollowed(_ status: Int) async throws {
        let elsewhere = try await HookReceiver()
        let receiver = try await HookReceiver { _ in .status(status, headers: ["Location": elsewhere.url]) }
        #expect(try await deliver(receiver.url) == "retry: HTTP \(status): redirects are not followed")
        #expect(elsewhere.requests.isEmpty)
        await elsewhere.close()
        await receiver.close()
    }

    @Test func whoDoesNotAnswerIsLeft() async throws {
        for answer in [HookReceiver.Answer.hang, .slowHead] {
            let receiver = try await HookReceiver { _ in answer }
            let result = try await deliver(receiver.url, timeout: .milliseconds(300))
            #expect(result.hasPrefix("retry: no answer"), "\(answer): \(result)")
            await receiver.close()
        }
        let receiver = try await HookReceiver { _ in .reset }
        #expect(try await deliver(receiver.url).hasPrefix("retry: no answer"))
        await receiver.close()
        #expect(try await deliver(receiver.url).hasPrefix("retry: no answer"), "nobody listens there")
        #expect(try await deliver("http://no.such.name.invalid/").hasPrefix("retry: no answer: the name"))
    }

    @Test func ofAnAnswerOnlyTheHeadCounts() async throws {
        for (answer, expected) in [
            (HookReceiver.Answer.slowBody(200), "completed"), (.hugeBody(200), "completed"), (.hugeBody(500), "retry: HTTP 500"),
        ] {
            let receiver = try await HookReceiver { _ in answer }
            #expect(try await deliver(receiver.url) == expected)
            #expect(receiver.sentBytes < 64 << 20, "what is not wanted is not read")
            await receiver.close()
        }
    }

    @Test func whatIsPrivateIsRefusedAndNotEvenAsked() async throws {
        let receiver = try await HookReceiver()
        let refusal = "discard: the URL is refused"
        for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"] {
            let result = try await deliver("http://\(host):\(receiver.port)/hook", allowed: [])
            #expect(result.hasPrefix(refusal) || result.hasPrefix("retry: no answer: the name"), "\(host): \(result)")
        }
        for url in ["ftp://127.0.0.1/", "http://u:p@127.0.0.1:\(receiver.port)/", "not a url", ""] {
            #expect(try await deliver(url).hasPrefix(refusal), "\(url)")
        }
        #expect(receiver.requests.isEmpty)
        await receiver.close()
    }

    /// A name that means a public address when it is checked, and a private one when it is connected to, leads nowhere: what it
    /// meant is what is connected to.
    @Test func aNameIsConnectedToAsItWasChecked() async throws {
        let receiver = try await HookReceiver()
        let loopback = try #require(IPAddress("127.0.0.1"))
        let url = "http://Hook.test:\(receiver.port)/hook"
        #expect(try await deliver(url) { _ in [loopback] } == "completed")
        #expect(receiver.requests.first?.headers["host"] == "Hook.test:\(receiver.port)")
        let refused = try await deliver(url, allowed: []) { _ in [loopback] }
        #expect(refused == "discard: the URL is refused: its address 127.0.0.1 is refused: it is private, local or reserved")
        // The first one that is allowed, whatever else the name means.
        let private10 = try #require(IPAddress("10.0.0.1"))
        #expect(try await deliver(url) { _ in [private10, loopback] } == "completed")
        #expect(receiver.requests.count == 2)
        await receiver.close()
    }

    /// If all else failed, the peer of the connection is looked at before anything is said to it.
    @Test func thePeerIsCheckedAsWell() async throws {
        let receiver = try await HookReceiver()
        let clients = ReceiverClients(AddressRules(allowed: []), timeout: .seconds(60))
        let key = ReceiverClients.Key(host: "127.0.0.1", address: try #require(IPAddress("127.0.0.1")))
        await #expect(throws: ReceiverClients.AddressRefused.self) {
            try await clients.with(key) { client in
                _ = try await client.execute(HTTPClientRequest(url: receiver.url), timeout: .seconds(60))
            }
        }
        #expect(receiver.requests.isEmpty)
        await clients.close()
        await receiver.close()
    }

    /// Whoever can put a job into the queue all the same does not get anything signed that a receiver would take for a notification
    /// of another one.
    @Test(arguments: [
        #"{"id":"b:2"}"#, #"{}"#, #"{"id":1}"#, #"[]"#, #"{"id":"a:1","id":"b:2"}"#, #"{"id":"b:2","\u0069d":"a:1"}"#, #""a:1""#,
    ])
    func aBodyOfAnotherNotificationIsNotSigned(_ body: String) async throws {
        let receiver = try await HookReceiver()
        var options = WebhookOptions(secrets: [try WebhookSecret("a secret of enough bytes")], timeout: .seconds(60))
        options.allowed = AddressRange.all
        let sender = try WebhookSender(options)
        let arguments = Array(#"{"url":"\#(receiver.url)","body":\#(body)}"#.utf8)
        let result = try await sender.deliver(arguments, id: "a:1", logger: Logger(label: "test"))
        guard case .discard(let reason) = result else {
            Issue.record("\(body): \(result)")
            return
        }
        #expect(reason.contains("is not signed"), "\(reason)")
        #expect(receiver.requests.isEmpty)
        await sender.close()
        await receiver.close()
    }

    @Test func aNameThatThisProcessCannotAskForIsNoFailedTry() async throws {
        let error = await #expect(throws: WorkerUnable.self) {
            try await deliver("http://hooks.test/") { _ throws(NameResolver.Failure) in
                throw NameResolver.Failure(description: "no descriptors are left", isOwn: true)
            }
        }
        #expect(error?.description == "web hooks cannot be sent: no descriptors are left")
        let result = try await deliver("http://hooks.test/") { _ throws(NameResolver.Failure) in
            throw NameResolver.Failure(description: "nobody knows it")
        }
        #expect(result == "retry: no answer: nobody knows it")
    }

    @Test(arguments: [#"{}"#, #"{"url":"http://127.0.0.1/"}"#, #"{"body":{}}"#, "[]", "", #"{"url":1,"body":{}}"#])
    func argumentsThatAreNone(_ text: String) async throws {
        let sender = try WebhookSender(WebhookOptions(secrets: [try WebhookSecret("a secret of enough bytes")]))
        guard case .discard = try await sender.deliver(Array(text.utf8), id: "a:1", logger: Logger(label: "test")) else {
            Issue.record("\(text) was not discarded")
            return
        }
        await sender.close()
    }
}
