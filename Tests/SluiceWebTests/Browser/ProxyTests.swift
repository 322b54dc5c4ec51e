import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

/// The dashboard behind a real nginx with TLS, under a path, with the configuration that the article shows.
@Suite(.timeLimit(.minutes(5)))
struct ProxyTests {
    private static let nginx = Scripts.program("nginx")

    private static let missing: Comment = "nginx is not installed"

    /// What the script prints, if all comes through.
    private static let expected = [
        #"{"location": "/ops/queues/login?next=%2Fops%2Fqueues%2Fqueues%2Fmail", "status": 303, "step": "closed"}"#,
        #"{"location": "/ops/queues", "path": true, "secure": true, "status": 303, "step": "log in"}"#,
        #"{"below": true, "status": 200, "step": "page", "style": 200, "title": true}"#,
        #"{"added": 201, "opened": true, "status": 200, "step": "stream", "told": true}"#,
        #"{"location": "/ops/queues/queues/mail", "paused": true, "status": 303, "step": "form"}"#,
        #"{"status": 403, "step": "another site"}"#,
    ]

    @Test(.enabled(if: nginx != nil, missing))
    func itWorksBehindNginx() async throws {
        let redis = try await RedisTestServer.start(.init(tls: true))
        let certificates = try #require(redis.tls)
        let queues = try await TestNamespace(on: redis, clock: .server)
        let client = try await queues.client()
        try await client.enqueue([try JobRequest(kind: "email", queue: "mail", arguments: "{}")])
        await client.close()
        let token = try await Inspector(queues.store).createToken("script", role: .operator)
        let files = try ServerFiles()
        let server = try await ServerProcess(queues, files, ["--path", "/ops/queues"])
        let port = try await Scripts.freePort()
        try files.write(
            try Self.configuration(port: port, server: server, certificates, in: files.directory.path),
            to: files.directory.appending(path: "nginx.conf").path)
        try await proxying(files) {
            let said = try await Scripts.run(
                "proxy.py", ["https://127.0.0.1:\(port)/ops/queues", certificates.authority, token.secret])
            #expect(said == Self.expected)
        }
        await server.killAndWait()
    }

    /// The part of the article, with the places of this test around it.
    private static func configuration(
        port: Int, server: ServerProcess, _ certificates: TestCertificates, in directory: String
    ) throws -> String {
        let article = try String(
            contentsOf: Scripts.package.appending(path: "Sources/Sluice/Sluice.docc/Running/Dashboard.md"), encoding: .utf8)
        let location = String(try #require(article.firstMatch(of: /```nginx\n([^`]*)```/)?.1))
        #expect(location.contains("http://127.0.0.1:7880"))
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(directory)/temp;" }
        return """
            daemon off;
            pid \(directory)/pid;
            error_log stderr;
            events {}
            http {
            access_log off;
            \(folders.joined(separator: "\n"))
            server {
            listen 127.0.0.1:\(port) ssl;
            ssl_certificate \(certificates.serverCertificate);
            ssl_certificate_key \(certificates.serverKey);
            \(location.replacing("http://127.0.0.1:7880", with: server.url))
            }
            }
            """
    }

    /// Runs nginx while `body` does. The script tries for as long as nothing listens.
    private func proxying(_ files: ServerFiles, _ body: () async throws -> Void) async throws {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let directory = files.directory.path
        let result = try await Subprocess.run(
            .path(FilePath(try #require(Self.nginx))),
            arguments: ["-p", directory, "-e", "stderr", "-c", "\(directory)/nginx.conf"],
            platformOptions: platform, input: .none, output: .discarded, error: .string(limit: 1 << 20)
        ) { child in
            do {
                try await body()
            } catch {
                try? child.send(signal: .terminate)
                throw error
            }
            try? child.send(signal: .terminate)
        }
        #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
    }
}
