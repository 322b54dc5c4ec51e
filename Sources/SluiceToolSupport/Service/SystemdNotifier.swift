import Foundation
import SluiceInspector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sends messages to the manager that has started this process, by the protocol of systemd (`sd_notify(3)`): datagrams to the
/// socket that `$NOTIFY_SOCKET` names.
package struct SystemdNotifier: Sendable {
    package enum State: Sendable, Equatable {
        case ready
        case stopping
        /// A sign of life.
        case watchdog
        /// One line for `systemctl status`.
        case status(String)
        /// Asks for more time to stop: the next such message comes within it.
        case extendTimeout(Duration)

        fileprivate var line: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=\(HumanText.visible(text))"
            case .extendTimeout(let time): "EXTEND_TIMEOUT_USEC=\(time.microseconds)"
            }
        }
    }

    /// The variables of the protocol. The children of this process do not get them.
    package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue)
    #else
        private static let datagrams = SOCK_DGRAM
    #endif

    /// How long the manager waits for a sign of life; nil if it expects none of this process.
    package let watchdog: Duration?
    /// The bytes of the address. That of an abstract socket begins with a NUL, that of a file ends with one.
    private let name: [UInt8]

    /// The manager of this process; nil if it has none.
    package init?() {
        let process = ProcessInfo.processInfo
        self.init(process.environment, process: process.processIdentifier)
    }

    /// Returns nil if no manager listens, or its address cannot be one.
    package init?(_ environment: [String: String], process: Int32) {
        let path = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        switch path.first {
        case UInt8(ascii: "/"): name = path + [0]
        case UInt8(ascii: "@"): name = [0] + path.dropFirst()
        case nil, .some: return nil
        }
        if name.count > MemoryLayout.size(ofValue: sockaddr_un().sun_path) { return nil }
        let owner = environment["WATCHDOG_PID"].map { Int32($0) }
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? Duration.microseconds($0) : nil }
        watchdog = owner == nil || owner == process ? interval : nil
    }

    /// Sends states in one message. It never waits.
    /// - Returns: Whether the manager gets it.
    @discardableResult
    package func tell(_ states: [State]) -> Bool { deliver(states.map(\.line).joined(separator: "\n")) }

    private func deliver(_ text: String) -> Bool {
        let descriptor = socket(AF_UNIX, Self.datagrams, 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(text.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(head + name.count))
            }
        }
        return sent == bytes.count
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
