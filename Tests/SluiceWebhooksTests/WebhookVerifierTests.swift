import Foundation
import SluiceCore
import Testing

@testable import SluiceWebhooks

struct WebhookVerifierTests {
    private static let secret = "a secret of enough bytes"
    private static let body = Array(#"{"id":"a:1"}"#.utf8)
    /// Made with `printf '1700000000.{"id":"a:1"}' | openssl dgst -sha256 -hmac 'a secret of enough bytes'`.
    private static let code = "8257b14a063787a4c55beb4aaafd46fcf01dab7581bab77c93c93be081bf0970"
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)

    private static func verifier(_ secrets: String...) throws -> WebhookVerifier {
        try WebhookVerifier(secrets.map { (text) throws(SluiceError) in try WebhookSecret(text) })
    }

    @Test func theSignatureIsWhatItSaysItIs() throws {
        let secrets = try [WebhookSecret(Self.secret), WebhookSecret("another secret, newer")]
        let header = WebhookSignature.header(Self.body, at: "1700000000", secrets)
        #expect(header.hasPrefix("v1=\(Self.code),v1="))
        #expect(header.split(separator: ",").count == 2)
    }

    @Test(arguments: [
        ("v1=\(code)", "1700000000", 0.0, WebhookVerifier.Refusal?.none),
        ("v1=\(code.uppercased())", "1700000000", 0, nil),
        ("v2=00, v1=\(code)", "1700000000", 300, nil),
        ("v1=\(String(repeating: "0", count: 64)),v1=\(code)", "1700000000", -300, nil),
        ("v1=\(code)", "1700000000", 301, .stale),
        ("v1=\(code)", "1700000000", -301, .stale),
        ("v1=\(code)", "1700000001", 0, .forged),
        ("v1=\(String(repeating: "0", count: 64))", "1700000000", 0, .forged),
        ("v1=\(code.dropLast())", "1700000000", 0, .malformed),
        ("v1=\(code.dropLast(2))", "1700000000", 0, .malformed),
        ("v2=\(code)", "1700000000", 0, .malformed),
        (code, "1700000000", 0, .malformed),
        ("", "1700000000", 0, .malformed),
        ("v1=", "1700000000", 0, .malformed),
        ("v1=\(code)", "", 0, .malformed),
        ("v1=\(code)", "now", 0, .malformed),
        ("v1=\(code)", "-1700000000", 0, .malformed),
        ("v1=\(code)", "1700000000.0", 0, .malformed),
        ("v1=\(code)", "17000000000000", 0, .malformed),
    ])
    func check(signature: String, timestamp: String, late: Double, refusal: WebhookVerifier.Refusal?) throws {
        let verifier = try Self.verifier("quite another secret", Self.secret)
        var found: WebhookVerifier.Refusal?
        do throws(WebhookVerifier.Refusal) {
            try verifier.check(Self.body, timestamp: timestamp, signature: signature, now: Self.now + late)
        } catch {
            found = error
        }
        #expect(found == refusal)
    }

    @Test func anotherBodyOrSecretIsForged() throws {
        let signature = "v1=\(Self.code)"
        #expect(throws: WebhookVerifier.Refusal.forged) {
            try Self.verifier(Self.secret).check(Self.body + [0x20], timestamp: "1700000000", signature: signature, now: Self.now)
        }
        #expect(throws: WebhookVerifier.Refusal.forged) {
            try Self.verifier("a secret of enough bytez").check(
                Self.body, timestamp: "1700000000", signature: signature, now: Self.now)
        }
    }

    @Test func anEventIsRead() throws {
        let text = #"""
            {"id":"a:7","event":"ended","job":"a","queue":"mail","kind":"k","state":"completed","version":7,"time":1700000000500,
            "progress":{"at":1,"fraction":0.5,"note":"half"},"result":{"pages":[1,2]}}
            """#
        let body = Array(text.utf8)
        let headers = [
            "sluice-timestamp": "1700000000",
            "sluice-signature": WebhookSignature.header(body, at: "1700000000", [try WebhookSecret(Self.secret)]),
        ]
        let event = try Self.verifier(Self.secret).event(body, headers: { headers[$0.lowercased()] }, now: Self.now)
        #expect(event.id == "a:7" && event.event == .ended && event.job == "a" && event.queue == "mail" && event.kind == "k")
        #expect(event.state == "completed" && event.version == 7 && event.time.timeIntervalSince1970 == 1_700_000_000.5)
        #expect(event.progress?.fraction == 0.5 && event.error == nil && event.resultOmitted == nil)
        struct Pages: Decodable, Equatable { var pages: [Int] }
        #expect(try event.result(as: Pages.self) == Pages(pages: [1, 2]))
        #expect(throws: DecodingError.self) { try event.result(as: Int.self) }
        #expect(throws: WebhookVerifier.Refusal.malformed) {
            try Self.verifier(Self.secret).event(body, headers: { _ in nil }, now: Self.now)
        }
    }

    @Test func secretsAreNotShort() throws {
        #expect(throws: SluiceError.self) { try WebhookSecret("fifteen bytes..") }
        #expect(throws: SluiceError.self) { try WebhookVerifier([]) }
        #expect(throws: SluiceError.self) { try WebhookSender(WebhookOptions(secrets: [])) }
        let file = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("# newest first\r\n\n  a secret of enough bytes  \nanother secret, older\n".utf8).write(to: file)
        #expect(try WebhookSecret.load(file.path).count == 2)
        let header = WebhookSignature.header(Self.body, at: "1700000000", try WebhookSecret.load(file.path))
        #expect(header.hasPrefix("v1=\(Self.code),"))
        try Data("# none\n".utf8).write(to: file)
        #expect(throws: SluiceError.self) { try WebhookSecret.load(file.path) }
        #expect(throws: SluiceError.self) { try WebhookSecret.load("/nonexistent") }
        try Data("a secret of enough bytes".utf8).write(to: file)
        for (mode, isWarned) in [(0o600, false), (0o644, true)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
            var warnings: [String] = []
            #expect(try WebhookSecret.load(file.path) { warnings.append($0) }.count == 1)
            #expect(warnings.isEmpty != isWarned)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file.path)
        #expect(throws: SluiceError.self) { try WebhookSecret.load(file.path) }
    }

    @Test(arguments: [
        ("120", 120.0), (" 0 ", 0), ("99999999999", 86_400), ("-1", nil), ("", nil), ("soon", nil), ("1.5", nil),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60), ("Tue, 14 Nov 2023 22:13:19 GMT", 0), ("Thu, 29 Feb 2024 22:13:20 GMT", 86_400),
        ("Tue, 14 Nov 2023 22:14:20 CET", nil), ("Tue, 14 Nix 2023 22:14:20 GMT", nil), ("Tue, 14 Nov 2023 25:14:20 GMT", nil),
    ])
    func whenToComeAgain(value: String, seconds: Double?) {
        #expect(RetryAfterHeader.wait(value, now: 1_700_000_000) == seconds.map { .seconds($0) })
    }
}
