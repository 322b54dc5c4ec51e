import SluiceInspector

/// The key figures of a page, in one line.
struct Figures {
    struct Figure {
        var text: HTML
        var label: String
        /// Where the figure comes from.
        var address: String?

        init(_ number: Int, _ label: String, _ address: String? = nil) {
            self.init(text: HumanText.number(number), label, address)
        }

        init(text: String, _ label: String, _ address: String? = nil) {
            self.text = "\(text)"
            self.label = label
            self.address = address
        }
    }

    var figures: [Figure]

    init(_ figures: [Figure]) { self.figures = figures }

    var html: HTML {
        let items = figures.map { figure -> HTML in
            let content: HTML = "<span class=\"n\">\(figure.text)</span><span class=\"l\">\(figure.label)</span>"
            return "<li>\(figure.address.map { Parts.link($0, content) } ?? content)</li>\n"
        }
        return "<ul class=\"figures\">\n\(items)</ul>"
    }
}

/// The charts that several pages have.
enum Charts {
    /// The axis grows by this number of minutes, so that a young queue fills it and its labels stay for a while.
    private static let stretch = 10

    /// What came in, was done and failed in each full minute of the last hour. As long as nothing is older than an hour, the axis
    /// begins at most ten minutes before the first count.
    /// - Parameters:
    ///   - enqueued: One value a minute, the newest last; `done` and `failed` have as many.
    ///   - first: The place of the first minute that can have a count; 0 if all of them can.
    static func perMinute(enqueued: [Int], done: [Int], failed: [Int], since first: Int) -> HTML {
        let known = max(enqueued.count - max(first, 0), 0)
        let span = min(max((known + stretch - 1) / stretch, 1) * stretch, enqueued.count)
        // Before its first count, a queue has no numbers. A line at zero would say that it had.
        func shown(_ values: [Int]) -> [Double?] {
            values.enumerated().suffix(span).map { index, value in index < first ? nil : Double(value) }
        }
        let title = span < 60 ? "Jobs a minute, last \(span) minutes" : "Jobs a minute, last hour"
        let chart = LineChart(
            title: title,
            lines: [
                .init(name: "enqueued", tone: "in", values: shown(enqueued)),
                .init(name: "done", tone: "done", values: shown(done)),
                .init(name: "failed attempts", tone: "fail", values: shown(failed)),
            ], steps: (span < 60 ? "\(span) min ago" : "1 h ago", "\(span / 2) min", "a minute ago"))
        let young: HTML? = known < span ? " No job came before." : nil
        return "<p class=\"soft\">\(title).\(young)</p>\n\(chart.html)"
    }
}
