/// A table, which scrolls by itself where it is wider than what it is looked at with. Where that is a phone, each row is a block, and
/// each cell says what it is.
package struct Table {
    /// A column.
    package struct Column {
        let title: String
        let isNumber: Bool

        /// Of words.
        package static func words(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// Of numbers, which stand at the right.
        package static func numbers(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let caption: String
    private let columns: [Column]
    private var rows: [Row] = []

    private struct Row {
        let cells: [HTML]
        let below: HTML?
    }

    /// A table without rows.
    ///
    /// - Parameter caption: what it is of; who can't see it hears that.
    package init(_ caption: String, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    /// Adds a row, a cell for each column.
    ///
    /// - Parameter below: what stands under it, as wide as the table.
    package mutating func add(_ cells: [HTML], below: HTML? = nil) { rows.append(Row(cells: cells, below: below)) }

    /// Whether there is no row.
    package var isEmpty: Bool { rows.isEmpty }

    /// The element.
    package var html: HTML {
        let head = columns.map { column -> HTML in
            column.isNumber
                ? "<th scope=\"col\" class=\"number\">\(column.title)</th>" : "<th scope=\"col\">\(column.title)</th>"
        }
        let body = rows.map { row -> HTML in
            let cells = zip(columns, row.cells).map { column, cell -> HTML in
                column.isNumber
                    ? "<td class=\"number\" data-title=\"\(column.title)\">\(cell)</td>"
                    : "<td class=\"words\" data-title=\"\(column.title)\">\(cell)</td>"
            }
            guard let below = row.below else { return "<tr>\(cells)</tr>\n" }
            return """
                <tr class="above">\(cells)</tr>
                <tr><td class="below" colspan="\(columns.count)">\(below)</td></tr>

                """
        }
        return """
            <div class="scroll" role="region" tabindex="0" aria-label="\(caption)">
            <table><caption>\(caption)</caption><thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table></div>

            """
    }
}
