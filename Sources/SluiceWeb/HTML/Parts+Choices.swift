import SluiceInspector

extension Parts {
    /// The title of the column in which rows are chosen. Its box needs the script.
    static let pickAll: HTML =
        "<span class=\"hidden\">Choose</span><input type=\"checkbox\" class=\"pick-all js\" hidden aria-label=\"Choose all on this page\">"

    /// Links to the same page with other filters, of which one is chosen.
    struct Choice {
        var title: String
        var count: Int?
        var address: String
        var isChosen: Bool

        init(_ title: String, _ address: String, count: Int? = nil, isChosen: Bool) {
            self.title = title
            self.count = count
            self.address = address
            self.isChosen = isChosen
        }
    }

    /// - Parameter label: what is chosen, for those who do not see it.
    static func choices(_ label: String, _ choices: [Choice]) -> HTML {
        let items = choices.map { choice -> HTML in
            let count: HTML? = choice.count.map { " <span class=\"n\">\(HumanText.number($0))</span>" }
            let current: HTML = choice.isChosen ? " aria-current=\"true\"" : ""
            return "<li><a href=\"\(choice.address)\"\(current)>\(choice.title)\(count)</a></li>\n"
        }
        return "<nav aria-label=\"\(label)\"><ul class=\"tabs\">\n\(items)</ul></nav>"
    }

    /// The link to the next page of a list.
    static func next(_ address: String?) -> HTML? {
        address.map { "<p class=\"more\">\(link($0, "Next page"))</p>" }
    }

    /// A form behind a button that opens it, so that nothing happens by one click.
    /// - Parameters:
    ///   - title: what the button says, such as `Pause`.
    ///   - meaning: what will happen, in a sentence or two.
    ///   - fields: inputs of the form, besides the reason.
    static func asks(
        _ title: String, to address: String, meaning: String, confirm: String, hidden fields: [(String, String)] = [],
        inputs: HTML = "", id: String, style: HTML = "first"
    ) -> HTML {
        """
        <details class="act"><summary>\(title)…</summary><form method="post" action="\(address)">
        \(hidden(fields))<p>\(meaning)</p>
        \(inputs)<label for="reason-\(id)">Reason</label><input id="reason-\(id)" name="reason" maxlength="500" size="40">
        <button class="\(style)">\(confirm)</button></form></details>
        """
    }

    /// How far something has come: what is done, and what failed, of all.
    static func progress(done: Int, failed: Int = 0, of all: Int) -> HTML {
        let title =
            "\(HumanText.number(done + failed)) of \(HumanText.number(all))"
            + (failed > 0 ? ", \(HumanText.number(failed)) failed" : "")
        func width(_ part: Int) -> Double { all > 0 ? min(Double(part) / Double(all), 1) * 100 : 0 }
        return """
            <svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="\(title)"><title>\(title)</title><rect class="f-soft" width="100" height="8"/><rect class="f-done" width="\(LineChart.text(width(done)))" height="8"/><rect class="f-fail" x="\(LineChart.text(width(done)))" width="\(LineChart.text(width(failed)))" height="8"/></svg>
            """
    }
}

extension Sparks {
    /// How much of something is in use, where all of it is as good as a part.
    static func share(_ part: Int, of whole: Int, _ title: String) -> HTML {
        let share = whole > 0 ? min(Double(part) / Double(whole), 1) : 0
        return """
            <svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="\(title)"><title>\(title)</title><rect class="f-soft" width="100" height="8"/><rect class="f-run" width="\(LineChart.text(share * 100))" height="8"/></svg>
            """
    }
}
