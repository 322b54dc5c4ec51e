import Foundation
package import Sluice
package import SluiceWorker

/// Appends to the file that tells of all runs; its lines stay whole when several processes write.
package struct RunLog: Sendable {
    private let descriptor: Int32
    private let path: String

    package init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw CocoaError(.fileWriteUnknown) }
    }

    package func write(_ verb: RunLine.Verb, _ context: JobContext, note: String = "-") {
        write(RunLine(verb, context.id.text, fence: Int(context.fence.number), attempt: context.attempt, note: note))
    }

    /// Whether no process has asked this of a job before.
    package func isFirst(_ id: JobID) -> Bool { mark(id.text) }

    /// Makes a mark that all processes see. Returns whether it was not there before.
    @discardableResult
    package func mark(_ name: String) -> Bool {
        let mark = open("\(path).\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if mark >= 0 { close(mark) }
        return mark >= 0
    }

    /// Whether a mark was made.
    package func isMarked(_ name: String) -> Bool { access("\(path).\(name)", F_OK) == 0 }

    package func write(_ line: RunLine) {
        let bytes = Array(line.text.utf8)
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }
}
