import Foundation
import SluiceToolSupport
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

struct HumanTextTests {
    @Test(arguments: [
        (Duration.zero, "0ms"), (.milliseconds(450), "450ms"), (.milliseconds(1000), "1s"), (.milliseconds(1290), "1.2s"),
        (.milliseconds(9999), "9.9s"), (.seconds(10), "10s"), (.seconds(192), "3m 12s"), (.seconds(180), "3m"),
        (.seconds(3600), "1h"), (.seconds(3601), "1h"), (.seconds(3720), "1h 2m"), (.seconds(190_000), "2d 4h"),
        (.seconds(-5), "5s"),
    ]) func durations(duration: Duration, text: String) {
        #expect(HumanText.duration(duration) == text)
    }

    @Test func ages() {
        let now = Date(timeIntervalSince1970: 1000)
        #expect(HumanText.age(Date(timeIntervalSince1970: 940), at: now) == "1m ago")
        #expect(HumanText.age(Date(timeIntervalSince1970: 1060), at: now) == "in 1m")
    }

    @Test func numbers() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")]
        for (number, text) in cases { #expect(HumanText.number(number) == text) }
        #expect(HumanText.count(1, "job") == "1 job")
        #expect(HumanText.count(1200, "job") == "1,200 jobs")
        #expect(HumanText.bytes(999) == "999 B")
        #expect(HumanText.bytes(1_500_000) == "1.5 MB")
    }

    @Test func noTextMovesTheCursor() {
        #expect(HumanText.visible("a\u{1B}[2Jb") == "a\\u{1b}[2Jb")
        #expect(HumanText.visible("a\nb\r\tc") == "a b  c")
        #expect(HumanText.visible("a\u{202E}b\u{9B}c") == "a\\u{202e}b\\u{9b}c")
        #expect(HumanText.visible("größe ✓") == "größe ✓")
    }

    @Test func longTextIsWrappedAtBlanks() {
        #expect(HumanText.wrapped("one two three", indent: "  ", to: 10) == ["  one two", "    three"])
        #expect(HumanText.wrapped("one two three", to: nil) == ["one two three"])
        #expect(HumanText.wrapped("incomprehensible x", to: 8) == ["incomprehensible", "  x"])
        #expect(HumanText.wrapped("", indent: " ", to: 8) == [" "])
    }

    @Test func rowsThatAreTakenLeaveTheirColumnsBehind() {
        var table = Table([.text("ID"), .number("COUNT")])
        table.append(["long one", "5"])
        #expect(table.takeLines() == ["ID        COUNT", "long one      5"])
        table.append(["b", "1,000,000"])
        #expect(table.takeLines() == ["b         1,000,000"])
        table.append(["c", "1"])
        #expect(table.takeLines() == ["c                 1"])
    }

    @Test func tablesAreAlignedAndCut() {
        var table = Table([.text("ID"), .number("COUNT"), .elastic("ARGUMENTS")])
        table.append(["a", "5", "{}"])
        table.append(["bbb", "1,000", String(repeating: "x", count: 40)])
        #expect(
            table.lines().map { $0 } == [
                "ID   COUNT  ARGUMENTS",
                "a        5  {}",
                "bbb  1,000  " + String(repeating: "x", count: 40),
            ])
        #expect(table.lines(width: 30).last == "bbb  1,000  " + String(repeating: "x", count: 17) + "…")
        #expect(table.lines(width: 5).last == "bbb  1,000  " + String(repeating: "x", count: 11) + "…")
        #expect(table.lines(style: Style(isColoured: true)).first == "\u{1B}[1mID   COUNT  ARGUMENTS\u{1B}[0m")
    }
}
