import CoreMetrics
import Testing

@testable import SluicePrometheus

/// The text of each kind of metric, byte for byte.
struct TextTests {
    private let metrics: PrometheusMetrics

    init() {
        var options = PrometheusMetrics.Options()
        options.timerBuckets = [0.01, 1, 60]
        options.recorderBuckets = [10, 100]
        options.help = ["mails_sent_total": "Mails that went out."]
        metrics = PrometheusMetrics(options)
    }

    private static let dropped = """
        # HELP sluice_metrics_dropped_total Series that were not kept: there are too many, or their name has another type.
        # TYPE sluice_metrics_dropped_total counter
        sluice_metrics_dropped_total 0

        """

    @Test func nothingIsAPageToo() {
        #expect(metrics.text() == Self.dropped)
        #expect(PrometheusMetrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test func countersCount() {
        let mails = Counter(label: "mails.sent", dimensions: [("to", "ada"), ("by", "smtp")], factory: metrics)
        mails.increment(by: 41)
        mails.increment()
        mails.increment(by: -5)
        // The order of the labels makes no other series.
        Counter(label: "mails.sent", dimensions: [("by", "smtp"), ("to", "ada")], factory: metrics).increment(by: 8)
        Counter(label: "mails_sent_total", factory: metrics).increment(by: Int64.max)
        let idle = Counter(label: "zeros", factory: metrics)
        idle.increment(by: 7)
        idle.reset()
        #expect(
            metrics.text() == """
                # HELP mails_sent_total Mails that went out.
                # TYPE mails_sent_total counter
                mails_sent_total 9223372036854775807
                mails_sent_total{by="smtp",to="ada"} 50

                """ + Self.dropped + """
                    # HELP zeros_total zeros
                    # TYPE zeros_total counter
                    zeros_total 0

                    """)
    }

    @Test func countersOfPartsCount() {
        let paid = FloatingPointCounter(label: "euros", factory: metrics)
        for _ in 0..<3 { paid.increment(by: 0.5) }
        for wrong in [-1, .nan, .infinity] { paid.increment(by: wrong) }
        Counter(label: "euros", factory: metrics).increment(by: 2)
        #expect(metrics.text().hasPrefix("# HELP euros_total euros\n# TYPE euros_total counter\neuros_total 3.5\n"))
    }

    @Test func metersAndGaugesShowWhatIs() {
        let degrees = Meter(label: "degrees", dimensions: [("where", "roof")], factory: metrics)
        degrees.set(20)
        degrees.increment(by: 1.5)
        degrees.decrement(by: 0.25)
        let depth = Gauge(label: "depth", factory: metrics)
        depth.record(3)
        depth.record(-2)
        #expect(
            metrics.text() == """
                # HELP degrees degrees
                # TYPE degrees gauge
                degrees{where="roof"} 21.25
                # HELP depth depth
                # TYPE depth gauge
                depth -2

                """ + Self.dropped)
    }

    @Test func timersAreHistogramsOfSeconds() {
        let loads = CoreMetrics.Timer(label: "load.time", dimensions: [("page", "home")], factory: metrics)
        loads.recordMilliseconds(10)
        loads.recordMilliseconds(11)
        loads.recordSeconds(60)
        loads.recordSeconds(61)
        loads.recordNanoseconds(-1)
        #expect(
            metrics.text() == """
                # HELP load_time_seconds load.time
                # TYPE load_time_seconds histogram
                load_time_seconds_bucket{page="home",le="0.01"} 2
                load_time_seconds_bucket{page="home",le="1"} 3
                load_time_seconds_bucket{page="home",le="60"} 4
                load_time_seconds_bucket{page="home",le="+Inf"} 5
                load_time_seconds_sum{page="home"} 121.021
                load_time_seconds_count{page="home"} 5

                """ + Self.dropped)
    }

    @Test func recordersAreHistograms() {
        let sizes = Recorder(label: "mail_bytes", factory: metrics)
        for size in [9.5, 10, 100.5] { sizes.record(size) }
        sizes.record(Double.nan)
        sizes.record(50)
        #expect(
            metrics.text() == """
                # HELP mail_bytes mail_bytes
                # TYPE mail_bytes histogram
                mail_bytes_bucket{le="10"} 2
                mail_bytes_bucket{le="100"} 3
                mail_bytes_bucket{le="+Inf"} 4
                mail_bytes_sum 170
                mail_bytes_count 4

                """ + Self.dropped)
    }

    @Test(
        arguments: [
            (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (-0.0, "0"), (1e15, "1000000000000000"),
            (0x1p53, "9007199254740992.0"), (1e300, "1e+300"), (0.1, "0.1"), (-1.5, "-1.5"),
        ] as [(Double, String)])
    func numbersAreThoseOfGo(_ number: Double, _ text: String) {
        Gauge(label: "x", factory: metrics).record(number)
        #expect(metrics.text().contains("\nx \(text)\n"))
    }

    @Test func valuesAndExplanationsAreEscaped() {
        let value = "a\\b\"c\nd\r\ne\"\u{301}é{}=,"
        Gauge(label: "x", dimensions: [("v", value)], factory: metrics).record(1)
        Gauge(label: "a \\ \n \"b\"", factory: metrics).record(1)
        let text = metrics.text()
        #expect(text.contains(#"x{v="a\\b\"c\nd"# + "\r" + #"\ne\""# + "\u{301}é{}=,\"} 1\n"))
        #expect(text.contains(#"# HELP a______b_ a \\ \n "b""# + "\n"))
    }
}
