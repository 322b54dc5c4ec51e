import Foundation
import Subprocess
import SystemPackage

/// PEM files of a throwaway certificate authority, and of a server and a client that it signed. They are valid for a month.
public struct TestCertificates: Sendable {
    /// The authority's certificate, which both sides trust.
    public let authority: String
    /// The server's certificate, for `localhost` and 127.0.0.1.
    public let serverCertificate: String
    /// The server's private key.
    public let serverKey: String
    /// The client's certificate, for a server that requires one.
    public let clientCertificate: String
    /// The client's private key.
    public let clientKey: String

    package static let local = "DNS:localhost,IP:127.0.0.1"

    /// - Parameter names: the subject of the certificates, as OpenSSL writes it.
    package static func make(
        in directory: String, for names: String = local
    ) async throws -> TestCertificates {
        let extensions = "subjectAltName=\(names)\n"
        try Data(extensions.utf8).write(to: URL(fileURLWithPath: directory + "/names.ext"))
        try await openssl(
            ["req", "-x509"] + newKey("ca") + ["-out", "ca.crt", "-days", "30", "-subj", "/CN=Sluice test authority"],
            in: directory)
        for name in ["server", "client"] {
            try await openssl(["req"] + newKey(name) + ["-out", "\(name).csr", "-subj", "/CN=\(name)"], in: directory)
            try await openssl(
                ["x509", "-req", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
                    + ["-out", "\(name).crt", "-days", "30", "-extfile", "names.ext"],
                in: directory)
        }
        return TestCertificates(
            authority: directory + "/ca.crt",
            serverCertificate: directory + "/server.crt",
            serverKey: directory + "/server.key",
            clientCertificate: directory + "/client.crt",
            clientKey: directory + "/client.key")
    }

    private static func newKey(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(name).key"]
    }

    private static func openssl(_ arguments: [String], in directory: String) async throws {
        let result = try await run(
            .name("openssl"), arguments: Arguments(arguments), workingDirectory: FilePath(directory),
            output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw RedisTestServerError("openssl \(arguments.first ?? ""): \(result.standardError)")
        }
    }
}
