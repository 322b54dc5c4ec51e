import HTTPTypes
import Testing

@testable import SluiceWeb

struct HTMLTests {
    @Test func literalsAreMarkupAndValuesAreText() {
        let foreign = "<b>\"'&\u{202E}\u{7}\n"
        #expect(("<p title=\"\(foreign)\">\(foreign)</p>" as HTML).text.contains("<b>") == false)
        #expect(
            ("<p>\(foreign)</p>" as HTML).text == "<p>&lt;b&gt;&quot;&#39;&amp;\\u{202e}\\u{7}\n</p>")
        let part: HTML = "<i>\(1)</i>"
        #expect(("<p>\(part)\([part, part])\(nil as HTML?)</p>" as HTML).text == "<p><i>1</i><i>1</i><i>1</i></p>")
        #expect([part, part].joined(", ").text == "<i>1</i>, <i>1</i>")
    }

    @Test(arguments: [
        ("a b", "a%20b"), ("a/b", "a%2Fb"), ("..", "%2E%2E"), (".", "%2E"), ("a.b", "a.b"), ("ü", "%C3%BC"),
        ("?&=#%", "%3F%26%3D%23%25"),
    ]) func segmentsAreEncoded(text: String, encoded: String) {
        #expect(Links.encoded(text) == encoded)
        #expect(Form.decoded(encoded) == text)
        #expect(Links(base: "/jobs", site: "/jobs/eu").to("queues", text) == "/jobs/eu/queues/\(encoded)")
    }

    @Test func formsAreReadAsBrowsersSendThem() {
        let form = Form("a=1&b=x+y%2Bz&a=2&c&=d&e=%zz%4&f=%e2%82%ac")
        #expect(form.all("a") == ["1", "2"])
        #expect(form["b"] == "x y+z")
        #expect(form["c"] == nil)
        #expect(form["e"] == "%zz%4")
        #expect(form["f"] == "€")
    }

    @Test func chartsHaveNoLabelUponAnother() throws {
        let lines = (0..<3).map { LineChart.Line(name: "line \($0)", tone: "in", values: [0, 5, 5]) }
        let chart = LineChart(title: "Three", lines: lines, steps: ("a", "b", "c")).html.text
        let heights = chart.matches(of: /class="f-in" x="[0-9.]+" y="([0-9.]+)"/).compactMap { Double($0.1) }.sorted()
        #expect(heights.count == 3)
        #expect(zip(heights, heights.dropFirst()).allSatisfy { $1 - $0 >= 14 })
    }

    @Test func aYoungQueueFillsItsChart() {
        let (some, none) = ([Int](repeating: 0, count: 57) + [3, 0, 7], [Int](repeating: 0, count: 60))
        let young = Charts.perMinute(enqueued: some, done: some, failed: none, since: 57).text
        #expect(young.contains("<p class=\"soft\">Jobs a minute, last 10 minutes. No job came before.</p>"))
        #expect(young.contains(">10 min ago</text>") && young.contains("enqueued 7"))
        // A dot for each of three minutes, in three lines.
        #expect(young.matches(of: /[0-9]h0/).count == 9)
        let grown = Charts.perMinute(enqueued: some, done: some, failed: none, since: 39).text
        #expect(grown.contains("last 30 minutes.") && !grown.contains("h0"))
        let old = Charts.perMinute(enqueued: some, done: some, failed: none, since: 0).text
        #expect(old.contains("<p class=\"soft\">Jobs a minute, last hour.</p>") && old.contains(">1 h ago</text>"))
        let empty = Charts.perMinute(enqueued: none, done: none, failed: none, since: 60).text
        #expect(empty.contains("last 10 minutes") && !empty.contains("h0"))
    }
}
