import Foundation

/// Where people read.
package enum Console {
    /// Whether a person reads what is told on the way.
    private static let isWatched = isatty(2) == 1

    package static func write(_ text: String, to descriptor: Int32 = 1) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(written, 0))
        }
    }

    /// Tells how things stand, to people only.
    package static func progress(_ text: String) {
        if isWatched { write(text + "\n", to: 2) }
    }
}
