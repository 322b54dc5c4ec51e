package import ArgumentParser
package import SluiceCore
import SluiceEmbedded
import SluiceInspector

/// The exit status of the tool. Scripts rely on the numbers.
package enum ExitStatus: Int32 {
    /// Done, or "yes".
    case done = 0
    /// Failure, or "no".
    case failed = 1
    /// The command line or the input is not valid; nothing was sent.
    case usage = 2
    /// Redis cannot be reached, or cannot be used as it is.
    case noRedis = 3
}

extension ExitStatus {
    package init(_ code: SluiceError.Code) {
        switch code.category {
        case .server: self = .noRedis
        case .argument: self = .usage
        case .state: self = .failed
        }
    }
}

/// How a run of the tool ends.
package struct Ending: Equatable {
    package var status: Int32
    /// For standard output: help, a version, a completion script.
    package var output = ""
    /// For standard error, without the name of the tool; empty where nothing is left to say.
    package var message = ""

    /// Whether the message marks a place in a text, on a line below it.
    package var isDrawn: Bool { message.hasPrefix("\(CronExpression.refusal)\n") }

    /// - Parameter root: the command that was run, which knows how to tell what its parser threw.
    package init(_ error: any Error, of root: any ParsableCommand.Type) {
        switch error {
        case is OutputClosed: self.init(ExitStatus.done.rawValue)
        case let code as ExitCode: self.init(code.rawValue)
        case let error as SluiceError:
            self.init(ExitStatus(error.code).rawValue, message: Self.sentence(error.message, then: Self.advice(error)))
        case let error as EmbeddedRedisError: self.init(ExitStatus.noRedis.rawValue, message: error.description)
        case let failure as Failure: self.init(failure.status.rawValue, message: failure.message)
        default: self.init(parsing: error, of: root)
        }
    }

    /// Why something failed, on one line, where the program goes on.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as SluiceError: error.message
        case let failure as Failure: failure.message
        default: "\(error)"
        }
    }

    private init(_ status: Int32, output: String = "", message: String = "") {
        self.status = status
        self.output = output
        self.message = message
    }

    /// What the parser of arguments throws: requests for help among it.
    private init(parsing error: any Error, of root: any ParsableCommand.Type) {
        switch root.exitCode(for: error) {
        case .success:
            self.init(ExitStatus.done.rawValue, output: root.fullMessage(for: error) + "\n")
        case .validationFailure:
            let reason = Self.usage(root.message(for: error), full: root.fullMessage(for: error), of: root)
            self.init(ExitStatus.usage.rawValue, message: reason)
        default:
            self.init(ExitStatus.failed.rawValue, message: root.message(for: error))
        }
    }

    /// Advice that only the tool can give.
    private static func advice(_ error: SluiceError) -> String {
        let place = "See --redis and $SLUICE_REDIS_URL; without both, a private one is used."
        return switch error.code {
        // Any other answer means that a server runs.
        case .unreachable where error.message.hasSuffix("refused") || error.message.hasSuffix("no such file or directory"):
            "Does it run there? \(place)"
        case .unreachable: place
        case .authentication: "Check user, password and database in --redis or $SLUICE_REDIS_URL."
        case .protocolViolation where error.message.contains("TLS") || error.message.contains("is no Redis Cluster"):
            "See --redis and $SLUICE_REDIS_URL."
        case .protocolViolation: "Is it Redis that listens there? See --redis and $SLUICE_REDIS_URL."
        case .outcomeUnknown: "Whether it was done is not known."
        default: ""
        }
    }

    /// The reason on one line, and where to read more. A value may have lines of its own.
    private static func usage(_ reason: String, full: String, of root: any ParsableCommand.Type) -> String {
        let lines = full.split(separator: "\n")
        // To a command line without any word, the parser answers with the whole help and no hint.
        let hint =
            lines.last { $0.contains("--help'") }?.trimmingPrefix { $0 == " " }
            ?? "See '\(root.configuration.commandName ?? "") --help' for more information."
        let text = shortened(HumanText.visible(reason))
        let first = text.first.map { $0.lowercased() + text.dropFirst() } ?? text
        return sentence(sentence(first, then: dashes(in: reason)), then: String(hint))
    }

    /// The parser repeats a value of any length. The begin and the end of the reason tell which it was.
    private static func shortened(_ reason: String) -> String {
        reason.count <= 400 ? reason : "\(reason.prefix(240))…\(reason.suffix(120))"
    }

    /// Advice about a value that looks like an option.
    private static func dashes(in reason: String) -> String {
        // The parser takes a number below 0 for an option.
        let number = CommandLine.arguments.first { $0.wholeMatch(of: /-[0-9.]{1,20}/) != nil }
        if let number, reason.contains("Missing expected argument") || reason.contains("Unknown option") {
            return "'\(number)' is no value here: numbers are 0 or more."
        }
        guard let option = reason.firstMatch(of: /Missing value for '(--[a-z-]+)/)?.1 else { return "" }
        let words = CommandLine.arguments
        guard let place = words.firstIndex(of: String(option)), place + 1 < words.count, words[place + 1].hasPrefix("-") else {
            return ""
        }
        return "A value that begins with a dash is written \(option)=\(words[place + 1].prefix(40))."
    }

    /// Joins two sentences. The first may already end with a full stop.
    private static func sentence(_ text: String, then next: String) -> String {
        if next.isEmpty { return text }
        return text + (text.hasSuffix(".") || text.hasSuffix("?") || text.hasSuffix("!") ? " " : ". ") + next
    }
}

/// An error of the tool's own, told in one line.
package struct Failure: Error, Equatable {
    package var status: ExitStatus
    package var message: String

    package init(_ message: String, status: ExitStatus = .failed) {
        self.status = status
        self.message = message
    }
}

extension ExitCode {
    /// "No", when the command has said all there is to say.
    package static let no = ExitCode(ExitStatus.failed.rawValue)
}
