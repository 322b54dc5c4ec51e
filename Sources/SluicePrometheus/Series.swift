/// One series of values: a name with some label values.
protocol Series: AnyObject, Sendable {
    static var type: SeriesType { get }
    var id: SeriesID { get }
    func write(to page: inout TextPage)
}

/// The types of Prometheus that are exported.
enum SeriesType: String {
    case counter, gauge, histogram

    /// The names of the samples of a metric.
    func samples(of name: String) -> Set<String> {
        switch self {
        case .counter, .gauge: [name]
        case .histogram: [name, "\(name)_bucket", "\(name)_sum", "\(name)_count"]
        }
    }
}

/// The name of a series, and its labels as they are written: sorted, without braces, as `kind="mail",queue="out"`.
struct SeriesID: Sendable, Hashable {
    /// Further labels are dropped.
    private static let mostLabels = 30

    var name: String
    var labels: String

    /// Of labels with equal names, the last one counts.
    init(name: String, _ dimensions: [(String, String)]) {
        self.name = name
        let values = Dictionary(
            dimensions.prefix(Self.mostLabels).map { (PrometheusName.label($0.0), $0.1) }, uniquingKeysWith: { $1 })
        labels = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(TextPage.escapedValue($0.value))\"" }
            .joined(separator: ",")
    }
}
