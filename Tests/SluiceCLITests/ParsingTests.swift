import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI

struct ParsingTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("5m", .seconds(300)), ("30s", .seconds(30)), ("1h30m", .seconds(5400)),
        ("1.5h", .seconds(5400)), ("2d", .seconds(172_800)), ("1w", .seconds(604_800)), ("0s", .zero),
        ("1m500ms", .milliseconds(60_500)), ("0.0001s", .milliseconds(1)),
    ]) func durations(text: String, expected: Duration) throws {
        #expect(try DurationText.parse(text) == expected)
    }

    @Test(arguments: ["", "5", "m", "-5s", "5 m", "5x", "30m1h", "1h1h", "1e3s", "nan", "1..2s", "999999w", "५m"])
    func whatIsNoDuration(text: String) {
        let error = #expect(throws: SluiceError.self) { try DurationText.parse(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: [
        ("0", 0), ("1700000000", 1_700_000_000_000), ("1700000000.5", 1_700_000_000_500),
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T08:30:00Z", 1_795_336_200_000),
        ("2026-11-22t08:30:00.123456z", 1_795_336_200_123), ("2026-11-22 09:30:00+01:00", 1_795_336_200_000),
        ("2026-11-22T07:00:00.1-01:30", 1_795_336_200_100), ("2024-02-29T12:00:00Z", 1_709_208_000_000),
        ("2000-03-01T00:00:00Z", 951_868_800_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ]) func times(text: String, expected: Int) throws {
        #expect(try TimeText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "now", "2026-11-22", "2026-11-22T08:30:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "1700000000000", "-1", "nan", "inf", "1960-01-01T00:00:00Z",
    ]) func whatIsNoTime(text: String) {
        let error = #expect(throws: SluiceError.self) { try TimeText.parse(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func partitions() throws {
        #expect(try PartitionText.parse("account=42") == PartitionText(name: "account", value: "42"))
        #expect(try PartitionText.parse("url=a=b ü") == PartitionText(name: "url", value: "a=b ü"))
        #expect(try PartitionText.parse("empty=") == PartitionText(name: "empty", value: ""))
        for text in ["account", "=42", "a b=1", ""] {
            #expect(throws: SluiceError.self) { try PartitionText.parse(text) }
        }
        let list = [PartitionText(name: "a", value: "1"), PartitionText(name: "b", value: "1")]
        #expect(PartitionText.repeated(list) == nil)
        #expect(PartitionText.repeated(list + [PartitionText(name: "b", value: "2")]) == "b")
    }

    @Test func linesOfAnyLengthAreReadAsTheyCome() throws {
        let long = String(repeating: "x", count: 300_000)
        let (reading, writing) = try pipe()
        let input = Array("a\n\nb\r\n\(long)\nü".utf8)
        let writer = Thread { writeAll(input, to: writing) }
        writer.start()
        var reader = LineReader(descriptor: reading, limit: 200_000)
        var lines: [LineReader.Line] = []
        while let some = try reader.next() { lines += some }
        #expect(lines.map(\.number) == [1, 2, 3, 4, 5])
        #expect(lines.map { $0.text.map { String(decoding: $0, as: UTF8.self) } } == ["a", "", "b", nil, "ü"])
        close(reading)
    }
}

private func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(Foundation.pipe(&ends) == 0)
    return (ends[0], ends[1])
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
    }
    close(descriptor)
}
