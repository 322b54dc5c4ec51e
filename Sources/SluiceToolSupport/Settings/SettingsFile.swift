import SecretFiles
import Yams

/// A file of settings: YAML, with the names of the long options. Common ones stand at the top, others in a section for each
/// program.
struct SettingsFile {
    private typealias Argument = CommandDefinition.Argument

    private struct Pair {
        var name: String
        var line: Int
        var value: Node
    }

    /// Options that say something about the file, or about this run only.
    private static let excluded: Set = ["config", "check", "connect", "help", "version"]
    /// Bytes that all values may have. An alias repeats what it stands for.
    private static let mostBytes = 1 << 20

    private(set) var settings: [Setting] = []
    /// What is wrong with it. Each names the file and a line.
    private(set) var problems: [Failure] = []
    /// The names of the settings that are there and wrong.
    private(set) var wrong: Set<String> = []
    /// The line of the own section; that of the begin if it is not there.
    private(set) var sectionLine = 1
    private let path: String
    private let section: String?
    private let common: Set<String>
    private let arguments: [String: Argument]
    private var bytes = 0

    /// Reads a file.
    /// - Parameters:
    ///   - command: The command that takes the settings.
    ///   - section: The section of the command; nil if it has none.
    ///   - common: The names of the settings that all programs share. This one may lack some.
    /// - Throws: ``Failure`` for a file that cannot be read as YAML. It names the file, and the line if there is one.
    init(_ path: String, for command: CommandDefinition, section: String?, common: Set<String>) throws(Failure) {
        self.path = path
        self.section = section
        self.common = common
        let known =
            section == nil
            ? command.withDefault.filter { SettingsScope.shared.contains($0.key) } : command.argumentsByName
        arguments = known.filter { !Self.excluded.contains($0.key) }
        let file: SecretFile
        do throws(SecretFileRefused) {
            file = try SecretFile(path, of: "settings")
        } catch {
            throw Failure(error.description, status: .usage)
        }
        if let root = try YAMLText.root(of: Self.withoutMark(file.text), path) { readTop(root) }
        if file.warning != nil { warn() }
    }

    /// Some editors put a byte order mark before a text.
    private static func withoutMark(_ text: String) -> String {
        text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// Warns of secrets in a file that others can read.
    private func warn() {
        for setting in settings where setting.holdsPassword {
            Terminal.complain(
                "warning: \(path):\(setting.line): '\(setting.name)' has a password, and the file can be read by others: chmod 600, or "
                    + "name a file with redis-password-file")
        }
    }

    private mutating func readTop(_ root: Node) {
        guard let pairs = pairs(root, "a file of settings") else { return }
        for pair in pairs {
            let (name, line) = (pair.name, pair.line)
            if SettingsScope.sections.contains(name) {
                if name == section { sectionLine = line }
                readSection(name, pair.value)
            } else if common.contains(name) {
                if let argument = arguments[name] { add(argument, name, pair.value, line, isCommon: true) }
            } else if let section, arguments[name] != nil {
                complain(line, "'\(name)' belongs into the section \(section)", of: name)
            } else {
                complain(line, "there is no setting '\(name)' here")
            }
        }
    }

    /// Takes the settings of the own section. Those of others are for others to check.
    private mutating func readSection(_ name: String, _ value: Node) {
        if let scalar = value.scalar, YAMLText.isNothing(scalar) { return }
        guard let pairs = pairs(value, "the section \(name)"), name == section else { return }
        for pair in pairs {
            if let argument = arguments[pair.name] {
                settings.removeAll { $0.isCommon && $0.name == pair.name }
                add(argument, pair.name, pair.value, pair.line)
            } else {
                complain(pair.line, "there is no setting '\(pair.name)' in the section \(name)")
            }
        }
    }

    private mutating func pairs(_ node: Node, _ what: String) -> [Pair]? {
        guard case .mapping(let mapping) = node else {
            complain(YAMLText.line(of: node), "\(what) has names and values, such as 'namespace: sluice'")
            return nil
        }
        var pairs: [Pair] = []
        for (key, value) in mapping {
            let line = YAMLText.line(of: key)
            if let name = key.scalar?.string {
                pairs.append(Pair(name: name, line: line, value: value))
            } else {
                complain(line, "a name is a word")
            }
        }
        return pairs
    }

    private mutating func add(_ argument: Argument, _ name: String, _ value: Node, _ line: Int, isCommon: Bool = false) {
        // Where the section was read before, its setting stands.
        if isCommon, settings.contains(where: { $0.name == name }) { return }
        switch value {
        case .scalar(let scalar): add(argument, name, scalar, line, isCommon)
        case .sequence(let list) where argument.isRepeating && argument.kind != .flag:
            for item in list {
                if let scalar = item.scalar {
                    add(argument, name, scalar, YAMLText.line(of: item), isCommon)
                } else {
                    complain(YAMLText.line(of: item), "the list of '\(name)' has texts and numbers only", of: name)
                }
            }
        case .sequence, .mapping, .alias: complain(line, "'\(name)' takes one value", of: name)
        }
    }

    private mutating func add(_ argument: Argument, _ name: String, _ scalar: Node.Scalar, _ line: Int, _ isCommon: Bool) {
        var setting = Setting(name: name, value: scalar.string, line: line, isCommon: isCommon)
        if argument.kind == .flag {
            setting.value = nil
            switch (scalar.style == .plain, scalar.string) {
            case (true, "true"): settings.append(setting)
            case (true, "false"): break
            default: complain(line, "'\(name)' is true or false")
            }
            return
        }
        setting.isPositional = argument.kind == .positional
        bytes += scalar.string.utf8.count
        if YAMLText.isNothing(scalar) {
            complain(line, "'\(name)' has no value", of: name)
        } else if scalar.string.utf8.contains(0) {
            complain(line, "the value of '\(name)' has a NUL", of: name)
        } else if setting.isPositional, scalar.string.hasPrefix("-") {
            complain(line, "a value of '\(name)' begins with a dash", of: name)
        } else if bytes > Self.mostBytes {
            let isFirst = bytes - scalar.string.utf8.count <= Self.mostBytes
            if isFirst { complain(line, "the values are above 1 MiB: see the aliases", of: name) }
        } else {
            settings.append(setting)
        }
    }

    private mutating func complain(_ line: Int, _ text: String, of name: String? = nil) {
        problems.append(Failure("\(path):\(line): \(text)", status: .usage))
        if let name { wrong.insert(name) }
    }
}
