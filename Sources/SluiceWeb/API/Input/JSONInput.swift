import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A part of a body that is JSON, but not what was expected there.
struct Invalid: Error, Hashable {
    /// Where it is, as a JSON pointer.
    var pointer: String
    /// What was expected.
    var reason: String

    init(_ reason: String, at pointer: String = "") {
        self.reason = reason
        self.pointer = pointer
    }

    init(_ error: SluiceError, at pointer: String = "") { self.init(error.message, at: pointer) }

    /// The same, seen from the value around it.
    func within(_ name: String) -> Invalid {
        let token = name.prefix(80).replacing("~", with: "~0").replacing("/", with: "~1")
        return Invalid(reason, at: "/\(token)\(pointer)")
    }
}

/// A value in a body. The text of the body is known to be JSON, and outlives this.
///
/// Nothing is decoded that is passed on, so that numbers of any size keep all their digits.
struct JSONInput {
    private let text: UnsafeRawBufferPointer

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The text as it was sent, without blanks around it.
    var raw: [UInt8] { Array(text) }

    var isNull: Bool { text.elementsEqual("null".utf8) }

    /// Calls `body` for each member of an object.
    /// - Throws: ``Invalid`` if this is no object, or if a name comes twice; the errors of `body`, with the name.
    func forEachMember(_ body: (String, JSONInput) throws -> Void) throws {
        var members: [(name: String, value: UnsafeRawBufferPointer)] = []
        do {
            var scanner = JSONScanner(text)
            try scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in members.append((name, value)) }
        } catch {
            throw Invalid("an object is expected here")
        }
        var seen: Set<String> = []
        for (name, value) in members {
            if !seen.insert(name).inserted { throw Invalid("this name comes twice").within(name) }
            do {
                try body(name, JSONInput(value))
            } catch let error as Invalid {
                throw error.within(name)
            }
        }
    }

    /// Calls `body` for each element of an array, with its position.
    func forEachElement(_ body: (Int, JSONInput) throws -> Void) throws {
        var elements: [UnsafeRawBufferPointer] = []
        do {
            var scanner = JSONScanner(text)
            try scanner.forEachElement { (value) throws(JSONScanner.Malformed) in elements.append(value) }
        } catch {
            throw Invalid("an array is expected here")
        }
        for (position, value) in elements.enumerated() {
            do {
                try body(position, JSONInput(value))
            } catch let error as Invalid {
                throw error.within("\(position)")
            }
        }
    }

    func string() throws -> String {
        guard text.first == UInt8(ascii: "\"") else { throw Invalid("a string is expected here") }
        do {
            return try JSONText.string(text)
        } catch {
            throw Invalid(error.reason)
        }
    }

    func integer(_ range: ClosedRange<Int>) throws -> Int {
        guard let value = JSONText.integer(text), range.contains(value) else {
            throw Invalid("a whole number from \(range.lowerBound) to \(range.upperBound) is expected here")
        }
        return value
    }

    func bool() throws -> Bool {
        if text.elementsEqual("true".utf8) { return true }
        if text.elementsEqual("false".utf8) { return false }
        throw Invalid("true or false is expected here")
    }

    /// A word out of a few.
    func word<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) throws -> Word where Word.RawValue == String {
        if let word = Word(rawValue: try string()) { return word }
        throw Invalid("one of these is expected here: \(type.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func strings(most: Int) throws -> [String] {
        var strings: [String] = []
        try forEachElement { position, value in
            if position == most { throw Invalid("at most \(most) are taken here") }
            strings.append(try value.string())
        }
        return strings
    }

    func map() throws -> [String: String] {
        var map: [String: String] = [:]
        try forEachMember { name, value in map[name] = try value.string() }
        return map
    }

    /// A duration such as `30s`; above zero unless that is allowed.
    func duration(mayBeZero: Bool = false) throws -> Duration {
        let duration = try parsed { text throws(SluiceError) in try DurationText.parse(text) }
        if duration == .zero, !mayBeZero { throw Invalid("a time above 0 is expected here") }
        return duration
    }

    /// A time: RFC 3339, or seconds since 1970.
    func time() throws -> Date {
        let milliseconds: Int
        if text.first == UInt8(ascii: "\"") {
            milliseconds = try parsed { text throws(SluiceError) in try TimeText.parse(text) }
        } else {
            milliseconds = try checked(String(decoding: text, as: UTF8.self)) { text throws(SluiceError) in
                try TimeText.parse(text)
            }
        }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// What a string says.
    func parsed<Value>(_ parse: (String) throws(SluiceError) -> Value) throws -> Value { try checked(try string(), parse) }

    private func checked<Value>(_ text: String, _ parse: (String) throws(SluiceError) -> Value) throws -> Value {
        do throws(SluiceError) {
            return try parse(text)
        } catch {
            throw Invalid(error)
        }
    }
}
