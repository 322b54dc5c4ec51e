import ArgumentParser
import SluiceCore
import SluiceEmbedded
import SluiceInspector

/// The exit statuses of the tool. Scripts rely on the numbers.
enum ExitStatus: Int32 {
    /// Success, or "yes".
    case done = 0
    /// Failure, or "no".
    case failed = 1
    /// The command line or the input is not valid; nothing was sent.
    case usage = 2
    /// Redis cannot be reached, or cannot be used as it is.
    case noRedis = 3
}

extension ExitStatus {
    init(_ code: SluiceError.Code) {
        switch code.category {
        case .server: self = .noRedis
        case .argument: self = .usage
        case .state: self = .failed
        }
    }
}

/// The end of a run of the tool.
struct Ending: Equatable {
    var status: Int32
    /// Text for standard output: help, a version, a completion script.
    var output = ""
    /// Text for standard error, without the name of the tool; empty if there is none.
    var message = ""

    init(_ error: any Error) {
        switch error {
        case is OutputClosed: self.init(ExitStatus.done.rawValue)
        case let code as ExitCode: self.init(code.rawValue)
        case let error as SluiceError:
            self.init(ExitStatus(error.code).rawValue, message: Self.sentence(error.message, then: Self.advice(error)))
        case let error as EmbeddedRedisError: self.init(ExitStatus.noRedis.rawValue, message: error.description)
        case let failure as Failure: self.init(failure.status.rawValue, message: failure.message)
        default: self.init(parsing: error)
        }
    }

    private init(_ status: Int32, output: String = "", message: String = "") {
        self.status = status
        self.output = output
        self.message = message
    }

    /// Handles errors of the argument parser, which include requests for help.
    private init(parsing error: any Error) {
        switch SluiceTool.exitCode(for: error) {
        case .success:
            self.init(ExitStatus.done.rawValue, output: SluiceTool.fullMessage(for: error) + "\n")
        case .validationFailure:
            let reason = Self.usage(SluiceTool.message(for: error), full: SluiceTool.fullMessage(for: error))
            self.init(ExitStatus.usage.rawValue, message: reason)
        default:
            self.init(ExitStatus.failed.rawValue, message: SluiceTool.message(for: error))
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
        case .protocolViolation where error.message.contains("TLS"): "See --redis and $SLUICE_REDIS_URL."
        case .protocolViolation: "Is it Redis that listens there? See --redis and $SLUICE_REDIS_URL."
        case .outcomeUnknown: "Whether it was done is not known."
        default: ""
        }
    }

    /// The reason on one line, and where to read more. A value in the reason may contain line breaks.
    private static func usage(_ reason: String, full: String) -> String {
        let lines = full.split(separator: "\n")
        let hint = lines.last { $0.contains("--help'") }?.trimmingPrefix { $0 == " " } ?? ""
        let text = HumanText.visible(reason)
        let first = text.first.map { $0.lowercased() + text.dropFirst() } ?? text
        return sentence(sentence(first, then: dashes(in: reason)), then: String(hint))
    }

    /// Advice about a value that looks like an option.
    private static func dashes(in reason: String) -> String {
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

/// An error of the tool itself, shown in one line.
struct Failure: Error, Equatable {
    var status: ExitStatus
    var message: String

    init(_ message: String, status: ExitStatus = .failed) {
        self.status = status
        self.message = message
    }
}

extension ExitCode {
    /// The status "no", for a command that has already printed everything.
    static let no = ExitCode(ExitStatus.failed.rawValue)
}
