import Foundation
import SluiceCore
import SluiceToolSupport

/// The result of an earlier run, with which this one is compared.
struct BenchEarlier {
    /// Options that change what a figure means.
    private static let required = ["jobs", "payload_bytes", "concurrency", "processes"]
    private static let optional = ["connection", "partitions", "limits", "hot_lanes"]
    /// A result has a few thousand bytes.
    private static let limit = 1 << 20

    private let file: String
    private let values: [String: JSONValue]
    /// All figures by their names, also those inside an object, as `object.member`.
    let figures: [String: Double]

    /// Reads what `bench --json` has printed.
    /// - Throws: `invalidArgument` for a file that cannot be read or is something else.
    init(file: String) throws(SluiceError) {
        let text = Array(try InputText.json("@\(file)", limit: Self.limit).utf8)
        do {
            try JSONSyntax.check(text)
        } catch {
            throw SluiceError(.invalidArgument, "the file '\(file)' is no JSON: --compare reads what bench --json has printed")
        }
        guard let members = try? JSONDecoder().decode([String: Member].self, from: Data(text)) else { throw Self.foreign(file) }
        self.init(file, members)
        guard Self.required.allSatisfy({ if case .integer = values[$0] { true } else { false } }) else {
            throw Self.foreign(file)
        }
    }

    private init(_ file: String, _ members: [String: Member]) {
        self.file = file
        var (values, figures): ([String: JSONValue], [String: Double]) = ([:], [:])
        for (name, member) in members {
            switch member {
            case .number(let number):
                figures[name] = number
                values[name] = Int(exactly: number).map(JSONValue.integer)
            case .option(let value): values[name] = value
            case .object(let parts): for (part, figure) in parts { figures["\(name).\(part)"] = figure }
            case .other: break
            }
        }
        (self.values, self.figures) = (values, figures)
    }

    private static func foreign(_ file: String) -> SluiceError {
        SluiceError(.invalidArgument, "the file '\(file)' is JSON, but no result of bench --json")
    }

    /// This run's figure in parts of the earlier one; nil if there was none, or it was 0.
    func change(_ name: String, _ value: Double) -> Double? {
        guard let before = figures[name], before != 0 else { return nil }
        return value / before
    }

    /// The options that were others: their names, and both values.
    private func otherOptions(of result: BenchResult) -> [(name: String, before: JSONValue, now: JSONValue)] {
        (Self.required + Self.optional).compactMap { name in
            let before = values[name] ?? .null
            let now = result.options.first { $0.name == name }?.value ?? .null
            return before == now ? nil : (name, before, now)
        }
    }

    /// The lines above the figures.
    func heading(of result: BenchResult) -> [String] {
        let others = otherOptions(of: result).map { "\($0.name) \(Self.text($0.before)), now \(Self.text($0.now))" }
        let differing = others.isEmpty ? [] : ["all of them were measured with other options: " + others.joined(separator: "; ")]
        return ["earlier figures are those of \(file)"] + differing
    }

    /// The comparison for programs.
    func json(of result: BenchResult) -> JSONValue {
        let others = otherOptions(of: result).map {
            JSONValue.Member(name: $0.name, value: ["earlier": $0.before, "now": $0.now])
        }
        let figures = result.figures.compactMap { name, value in
            self.figures[name].map { before in
                let change = change(name, value).map(JSONValue.number) ?? .null
                return JSONValue.Member(name: name, value: ["earlier": .number(before), "change": change])
            }
        }
        return ["other_options": .object(others), "figures": .object(figures)]
    }

    private static func text(_ option: JSONValue) -> String {
        switch option {
        case .null: "not given"
        case .string(let text): text
        case .bool, .integer, .number, .array, .object, .text: String(decoding: option.encoded(), as: UTF8.self)
        }
    }
}

/// A member of a result.
private enum Member: Decodable {
    /// A figure, or an option.
    case number(Double)
    /// An option that is no number.
    case option(JSONValue)
    case object([String: Double])
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .option(.string(text))
        } else if let integers = try? container.decode([Int].self) {
            self = .option(.array(integers.map(JSONValue.integer)))
        } else if let object = try? container.decode([String: Double].self) {
            self = .object(object)
        } else {
            self = .other
        }
    }
}
