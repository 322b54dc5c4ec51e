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
    /// What came in, was done and failed, for each minute of the last hour.
    static func perMinute(enqueued: [Double?], done: [Double?], failed: [Double?]) -> HTML {
        LineChart(
            title: "Jobs a minute, last hour",
            lines: [
                .init(name: "in", tone: "in", values: enqueued), .init(name: "done", tone: "done", values: done),
                .init(name: "failed attempts", tone: "fail", values: failed),
            ], steps: ("1 h ago", "30 min", "a minute ago")
        ).html
    }
}
