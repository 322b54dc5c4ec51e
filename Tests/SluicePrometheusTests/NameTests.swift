import CoreMetrics
import Testing

@testable import SluicePrometheus

/// Names that Prometheus takes, whatever the label.
struct NameTests {
    @Test(arguments: [
        ("http.requests", "http_requests"), ("httpRequests", "http_requests"), ("HTTPRequests", "http_requests"),
        ("http2Requests", "http2_requests"), ("a-b c:d", "a_b_c_d"), ("2xx", "_2xx"), ("", "_"), ("größe", "gr__e"),
        ("e\u{301}", "e_"), ("A", "a"), ("aB", "a_b"), ("already_snake", "already_snake"), ("Snake_Case", "snake_case"),
    ])
    func labelsBecomeSnakeCase(_ label: String, _ name: String) {
        #expect(PrometheusName.plain(label) == name)
    }

    @Test(arguments: [
        ("sent", "sent_total"), ("sent_total", "sent_total"), ("sentTotal", "sent_total"), ("total", "total_total"),
    ])
    func countersEndInTotal(_ label: String, _ name: String) {
        #expect(PrometheusName.total(label) == name)
    }

    @Test(arguments: [
        ("load", "load_seconds"), ("load_seconds", "load_seconds"), ("load_ms", "load_seconds"),
        ("load.nanoseconds", "load_seconds"),
        ("loadMillis", "load_seconds"), ("_ms", "_ms_seconds"), ("terms", "terms_seconds"),
    ])
    func timersEndInSeconds(_ label: String, _ name: String) {
        #expect(PrometheusName.seconds(label) == name)
    }

    @Test(arguments: [("__name__", "_name__"), ("le", "exported_le"), ("queue", "queue"), ("0", "_0"), ("a.b", "a_b")])
    func labelsOfPrometheusAreLeftToIt(_ label: String, _ name: String) {
        #expect(PrometheusName.label(label) == name)
    }

    @Test func namesAreBounded() {
        #expect(PrometheusName.plain(String(repeating: "aB", count: 100_000)).utf8.count <= 200)
    }
}
