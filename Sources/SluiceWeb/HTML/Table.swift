/// A table of a page. It scrolls by itself where the screen is narrow.
struct Table {
    struct Column {
        enum Kind: String {
            /// Text that may break.
            case text = ""
            /// Numbers, aligned at the right.
            case number = "n"
            /// Text on one line.
            case short = "t"
            /// Text that needs room.
            case long = "w"
            /// A box to choose the row.
            case pick
        }

        var title: HTML
        var kind: Kind
        /// Whether the column is left out on a narrow screen.
        var isWide: Bool

        init(_ title: HTML, _ kind: Kind = .text, isWide: Bool = false) {
            self.title = title
            self.kind = kind
            self.isWide = isWide
        }

        fileprivate var style: HTML {
            let names = [kind.rawValue, isWide ? "wide" : ""].filter { !$0.isEmpty }
            return names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
        }
    }

    var caption: String
    var columns: [Column]
    var rows: [[HTML]] = []

    /// - Parameter caption: what the table holds, for those who do not see it.
    init(_ caption: String, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    var html: HTML {
        let head = columns.map { "<th scope=\"col\"\($0.style)>\($0.title)</th>" as HTML }
        let body = rows.map { row -> HTML in
            let cells = zip(columns, row).map { column, cell -> HTML in "<td\(column.style)>\(cell)</td>" }
            return "<tr>\(cells)</tr>\n"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table><caption class="hidden">\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table></div>
            """
    }
}
