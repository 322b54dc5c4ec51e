import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

@testable import SluiceWebhooks

/// Receivers that speak TLS, and who is taken for one.
@Suite(.timeLimit(.minutes(5)))
final class SecureDeliveryTests {
    private let directory: String
    private let certificates: TestCertificates

    init() async throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        certificates = try await TestCertificates.make(in: directory)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func deliver(to url: String, authorities: String?) async throws -> String {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let sender = try WebhookSender(
            WebhookOptions(
                secrets: [try WebhookSecret("a secret of enough bytes")], timeout: .seconds(300),
                allowed: [try AddressRange("127.0.0.0/8")], authorities: authorities),
            lookup: { _ in [loopback] })
        let result = try await sender.deliver(
            Array(#"{"url":"\#(url)","body":{"id":"a:1"}}"#.utf8), id: "a:1", logger: Logger(label: "test"))
        await sender.close()
        return switch result {
        case .completed: "completed"
        case .retry(_, let reason): reason
        case .cancel, .discard, .snooze: "\(result)"
        }
    }

    @Test func whoIsVouchedForIsTold() async throws {
        let receiver = try await HookReceiver(tls: certificates)
        #expect(try await deliver(to: receiver.url, authorities: certificates.authority) == "completed")
        // It is the name of the URL that counts, wherever that was found to be.
        let named = "https://localhost:\(receiver.port)/hook"
        #expect(try await deliver(to: named, authorities: certificates.authority) == "completed")
        #expect(receiver.requests.map { $0.headers["host"] } == ["127.0.0.1:\(receiver.port)", "localhost:\(receiver.port)"])
        #expect(receiver.requests.allSatisfy { $0.body == Array(#"{"id":"a:1"}"#.utf8) })
        await receiver.close()
    }

    @Test func whoIsNotIsToldNothing() async throws {
        let receiver = try await HookReceiver(tls: certificates)
        let unknown = try await deliver(to: receiver.url, authorities: nil)
        #expect(unknown.hasPrefix("no answer: its certificate is not to be trusted: no authority"), "\(unknown)")
        let plain = try await HookReceiver()
        let silent = "https://localhost:\(plain.port)/hook"
        let untold = try await deliver(to: silent, authorities: certificates.authority)
        #expect(untold.hasPrefix("no answer: "), "\(untold)")
        #expect(receiver.requests.isEmpty && plain.requests.isEmpty)
        await plain.close()
        await receiver.close()
    }

    @Test func aCertificateIsForItsNameAlone() async throws {
        let named = try await TestCertificates.make(in: directory, for: "DNS:hooks.test")
        let receiver = try await HookReceiver(tls: named)
        let other = try await deliver(to: "https://other.test:\(receiver.port)/hook", authorities: named.authority)
        #expect(other == "no answer: its certificate is for another name")
        #expect(receiver.requests.isEmpty)
        #expect(try await deliver(to: "https://hooks.test:\(receiver.port)/hook", authorities: named.authority) == "completed")
        await receiver.close()
    }

    /// Who has an address certified, and can make a name lead there, passes for that address and not for the name.
    @Test func aCertificateForTheAddressIsForNoName() async throws {
        let addressed = try await TestCertificates.make(in: directory, for: "IP:127.0.0.1,DNS:mine.test")
        let receiver = try await HookReceiver(tls: addressed)
        for name in ["yours.test", "Yours.Test.", "test"] {
            let other = try await deliver(to: "https://\(name):\(receiver.port)/hook", authorities: addressed.authority)
            #expect(other == "no answer: its certificate is for another name", "\(name)")
        }
        #expect(receiver.requests.isEmpty)
        for host in ["127.0.0.1", "mine.test", "MINE.test"] {
            #expect(
                try await deliver(to: "https://\(host):\(receiver.port)/hook", authorities: addressed.authority) == "completed")
        }
        await receiver.close()
    }

    @Test func aStarStandsForOneLabel() async throws {
        let many = try await TestCertificates.make(in: directory, for: "DNS:*.hooks.test")
        let receiver = try await HookReceiver(tls: many)
        for (host, expected) in [
            ("a.hooks.test", "completed"), ("hooks.test", "no answer: its certificate is for another name"),
            ("a.b.hooks.test", "no answer: its certificate is for another name"),
        ] {
            #expect(
                try await deliver(to: "https://\(host):\(receiver.port)/hook", authorities: many.authority) == expected, "\(host)"
            )
        }
        await receiver.close()
    }

    /// The same receiver is believed once its authority is, and those before are believed until a file names others.
    @Test func authoritiesAreReadAgain() async throws {
        let receiver = try await HookReceiver(tls: certificates)
        let other = directory + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        let file = URL(fileURLWithPath: directory + "/trusted.pem")
        func trust(_ path: String) throws { try Data(contentsOf: URL(fileURLWithPath: path)).write(to: file) }
        try trust(try await TestCertificates.make(in: other).authority)
        let sender = try WebhookSender(
            WebhookOptions(
                secrets: [try WebhookSecret("a secret of enough bytes")], timeout: .seconds(300),
                allowed: [try AddressRange("127.0.0.0/8")], authorities: file.path))
        func told() async throws -> Bool {
            let result = try await sender.deliver(
                Array(#"{"url":"\#(receiver.url)","body":{"id":"a:1"}}"#.utf8), id: "a:1", logger: Logger(label: "test"))
            if case .completed = result { return true }
            return false
        }
        #expect(try await told() == false)
        try trust(certificates.authority)
        #expect(try await told() == false)
        try sender.readAuthorities()
        #expect(try await told())
        try Data().write(to: file)
        #expect(throws: SluiceError.self) { try sender.readAuthorities() }
        #expect(try await told())
        sender.sign(with: [try WebhookSecret("another one of enough bytes"), try WebhookSecret("a secret of enough bytes")])
        #expect(try await told())
        #expect(receiver.requests.map { $0.headers["sluice-signature"]?.split(separator: ",").count } == [1, 1, 2])
        await sender.close()
        await receiver.close()
    }

    @Test func authoritiesThatAreNone() throws {
        let empty = directory + "/empty.pem"
        try Data().write(to: URL(fileURLWithPath: empty))
        for path in ["/nonexistent", empty, directory + "/names.ext"] {
            let options = WebhookOptions(secrets: [try WebhookSecret("a secret of enough bytes")], authorities: path)
            let error = #expect(throws: SluiceError.self) {
                _ = try WebhookSender(options)
            }
            #expect(error?.code == .invalidArgument && error?.message.contains(path) == true)
        }
    }

    @Test(arguments: [true, false]) func aJobsEndComesByTLSOrIsKeptWithTheReason(_ isTrusted: Bool) async throws {
        let fixture = try await WebhookFixture()
        let receiver = try await HookReceiver(tls: certificates)
        var options = try fixture.options(maxAttempts: 2)
        options.authorities = isTrusted ? certificates.authority : nil
        try await fixture.client.enqueue(Told()) { $0.notify = Notify(receiver.url) }
        try await fixture.running(try WebhookSender(options)) {
            #expect(await fixture.hooks(isTrusted ? .completed : .discarded, are: 1))
        }
        if isTrusted {
            #expect(try HookBook(receiver.requests, fixture.verifier).heard.count == 1)
        } else {
            #expect(receiver.requests.isEmpty)
            let dead = try await fixture.inspector.jobs(matching: JobFilter(queues: [Notify.queue], states: [.discarded]))
            let id = try #require(dead.jobs.first?.id)
            let failures = try await fixture.inspector.job(id, in: Notify.queue)?.failures.map(\.message) ?? []
            #expect(failures.count == 2 && failures.allSatisfy { $0.contains("certificate is not to be trusted") }, "\(failures)")
        }
        await receiver.close()
    }
}
