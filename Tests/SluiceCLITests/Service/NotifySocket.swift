import Foundation
import SluiceToolSupport
import Subprocess
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The socket of a manager such as systemd, on which a test reads what a process tells.
final class NotifySocket: Sendable {
    /// The value for `$NOTIFY_SOCKET`.
    let address: String

    private let descriptor: Int32
    private let lines = Mutex<[String]>([])

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue)
    #else
        private static let datagrams = SOCK_DGRAM
    #endif

    /// - Parameter isAbstract: whether the socket is in no folder.
    init(isAbstract: Bool = false) throws {
        let path = "/tmp/sluice-notify-\(UInt64.random(in: .min ... .max))"
        address = isAbstract ? "@" + path : path
        let name = isAbstract ? [0] + Array(path.utf8) : Array(path.utf8) + [0]
        descriptor = socket(AF_UNIX, Self.datagrams, 0)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var place = sockaddr_un()
        place.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: name) }
        let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: place.sun_path)
        let status = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(head + name.count))
            }
        }
        if descriptor < 0 || status != 0 { throw Failure("no socket: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
        if address.hasPrefix("/") { unlink(address) }
    }

    /// Every line so far, in order.
    var all: [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0 { break }
            let text = String(decoding: bytes.prefix(count), as: UTF8.self)
            lines.withLock { $0 += text.split(separator: "\n").map(String.init) }
        }
        return lines.withLock { $0 }
    }

    func count(_ line: String) -> Int { all.count { $0 == line } }

    /// Waits for what is told; each try runs a command, which is what lets time pass.
    func wait(for number: Int, _ line: String) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while count(line) < number {
            guard ContinuousClock.now < deadline else { throw Failure("'\(line)' did not come: \(all)") }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
    }
}
