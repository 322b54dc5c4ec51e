// swift-tools-version: 6.2
import PackageDescription

// On Linux hiredis is linked by name: Debian's hiredis.pc makes SwiftPM warn about unsafe flags.
// On macOS Homebrew's prefix is not searched by default, so pkg-config is needed there.
#if os(macOS)
    let hiredisPackage: String? = "hiredis"
#else
    let hiredisPackage: String? = nil
#endif

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let coreMetrics: Self = .product(name: "CoreMetrics", package: "swift-metrics")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let instrumentation: Self = .product(name: "Instrumentation", package: "swift-distributed-tracing")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let serviceContext: Self = .product(name: "ServiceContextModule", package: "swift-service-context")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
    static let tracing: Self = .product(name: "Tracing", package: "swift-distributed-tracing")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
}

// What several targets need together.
let store: [Target.Dependency] = ["SluiceStore", "SluiceCore"]
let redis: [Target.Dependency] = store + ["Hiredis"]
let service: [Target.Dependency] = [.logging, .serviceLifecycle, .unixSignals]
let users: [Target.Dependency] = ["Sluice", "SluiceWorker"]
let children: [Target.Dependency] = [.subprocess, .product(name: "SystemPackage", package: "swift-system")]
let nio: [Target.Dependency] = [.nioCore, .nioPosix]
let web: [Target.Dependency] = store + service + ["Sluice", "SluiceInspector", .hummingbird, .nioCore]
let testing: [Target.Dependency] =
    redis + users + service + children + nio + ["SluiceInspector", "SluiceLua", "SluiceTesting", "TestSupport"]
let scenario: [Target.Dependency] = ["ScenarioSupport", "SluiceTesting", "SluiceToolSupport", .argumentParser]

let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Sluice", targets: ["Sluice"]),
        .library(name: "SluiceWorker", targets: ["SluiceWorker"]),
        .library(name: "SluiceInspector", targets: ["SluiceInspector"]),
        .library(name: "SluiceWebhooks", targets: ["SluiceWebhooks"]),
        .library(name: "SluicePrometheus", targets: ["SluicePrometheus"]),
        .library(name: "SluiceWeb", targets: ["SluiceWeb"]),
        .library(name: "SluiceTesting", targets: ["SluiceTesting"]),
        .executable(name: "sluice", targets: ["SluiceCLI"]),
        .executable(name: "sluice-server", targets: ["SluiceServer"]),
        .executable(name: "sluice-webhooks", targets: ["SluiceWebhooksTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis", pkgConfig: hiredisPackage, providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .systemLibrary(name: "CMemoryFile"),
        .target(name: "SecretFiles"),
        .target(name: "Hiredis", dependencies: nio + ["CHiredis", "SecretFiles", .logging, .nioSSL]),
        .target(name: "CSluiceLua"),
        .target(name: "SluiceLua", dependencies: ["CSluiceLua"]),
        .target(name: "SluiceCore", dependencies: [.crypto]),
        .target(name: "SluiceStore", dependencies: nio + ["SluiceCore", "Hiredis", "SluiceLua", .logging]),
        .target(name: "SluiceEmbedded", dependencies: children),
        .target(
            name: "Sluice",
            dependencies: store + [
                "SluiceEmbedded", .instrumentation, .logging, .metrics, .nioCore, .serviceContext, .serviceLifecycle, .tracing,
            ]
        ),
        .target(
            name: "SluiceWorker",
            dependencies: store + ["Sluice", .coreMetrics, .logging, .nioCore, .serviceContext, .serviceLifecycle, .tracing]
        ),
        .target(name: "SluiceInspector", dependencies: redis + [.crypto, .logging]),
        .target(name: "SluicePrometheus", dependencies: [.coreMetrics]),
        .target(
            name: "SluiceWebhooks",
            dependencies: nio + [
                "SluiceWorker", "SluiceCore", "Hiredis", "SecretFiles", .asyncHTTPClient, .crypto, .logging, .metrics, .nioHTTP1,
                .nioSSL, .serviceLifecycle,
            ]
        ),
        .target(
            name: "SluiceWeb",
            dependencies: web + ["SluicePrometheus", .coreMetrics, .crypto, .cryptoExtras], resources: [.embedInCode("assets")]
        ),
        .target(
            name: "SluiceTesting",
            dependencies: redis + users + service + children + ["SluiceInspector", "SluiceEmbedded", "SluiceLua"]
        ),
        .target(
            name: "SluiceToolSupport",
            dependencies: redis + service + nio + [
                "SecretFiles", "Sluice", "SluiceInspector", "SluiceEmbedded", "SluiceLua", "SluicePrometheus", "Yams",
                .argumentParser, .coreMetrics, .nioHTTP1,
            ]
        ),
        .executableTarget(
            name: "SluiceCLI",
            dependencies: store + users + service + children + nio + [
                "CMemoryFile", "SluiceToolSupport", "SluiceInspector", "SluiceEmbedded", "SluiceLua", "SecretFiles",
                "SluicePrometheus", .argumentParser, .crypto, .nioHTTP1,
            ]
        ),
        .executableTarget(
            name: "SluiceServer", dependencies: web + ["SecretFiles", "SluiceToolSupport", "SluiceWeb", .argumentParser]),
        .executableTarget(
            name: "SluiceWebhooksTool",
            dependencies: users + service + ["SluiceToolSupport", "SluiceWebhooks", "SluiceCore", .argumentParser]),
        .executableTarget(
            name: "example-http", dependencies: users + service + nio + [.nioHTTP1], path: "Sources/Examples/HTTPProducer"
        ),
        .executableTarget(
            name: "example-workflow", dependencies: users + [.logging, .serviceLifecycle], path: "Sources/Examples/WordCount"
        ),
        .executableTarget(
            name: "example-api-client",
            dependencies: users + [.asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .serviceLifecycle],
            path: "Sources/Examples/APIClient"
        ),
        .target(
            name: "ScenarioSupport",
            dependencies: users + service + children + nio + [
                "SluiceTesting", "SluiceToolSupport", .argumentParser, .coreMetrics, .nioHTTP1,
            ], path: "Sources/Scenarios/Support"
        ),
        .executableTarget(
            name: "crawler",
            dependencies: redis + users + scenario + nio + ["SluiceInspector", .logging, .metrics, .nioHTTP1],
            path: "Sources/Scenarios/Crawler", exclude: ["README.md"]
        ),
        .executableTarget(
            name: "image-gateway",
            dependencies: users + scenario + [
                "SluiceWebhooks", "SluiceInspector", "SluiceStore", "Hiredis", .asyncHTTPClient, .logging, .metrics, .nioCore,
                .nioHTTP1, .serviceLifecycle,
            ], path: "Sources/Scenarios/ImageGateway", exclude: ["README.md"]
        ),
        .executableTarget(
            name: "pipelines", dependencies: redis + users + scenario + ["SluiceInspector", "SluiceLua", .logging],
            path: "Sources/Scenarios/Pipelines", exclude: ["README.md"]
        ),
        .target(
            name: "TestSupport", dependencies: redis + children + nio + ["SluiceEmbedded", "SluiceTesting", .nioHTTP1, .nioSSL],
            path: "Tests/Support"),
        .testTarget(name: "HiredisTests", dependencies: testing),
        .testTarget(name: "SecretFilesTests", dependencies: ["SecretFiles"]),
        .testTarget(name: "SluiceCoreTests", dependencies: ["SluiceCore", .crypto], exclude: ["CronTable.txt"]),
        .testTarget(name: "SluiceEmbeddedTests", dependencies: ["SluiceEmbedded", .subprocess]),
        .testTarget(name: "SluiceLuaTests", dependencies: testing),
        .testTarget(name: "LimitsModelTests", dependencies: testing),
        .testTarget(
            name: "SluiceCLITests",
            dependencies: testing + ["SluiceCLI", "SluiceEmbedded", "SluicePrometheus", "SluiceToolSupport", .argumentParser]),
        .testTarget(name: "SluiceInspectorTests", dependencies: testing),
        .testTarget(name: "SluicePrometheusTests", dependencies: children + ["SluicePrometheus", .coreMetrics]),
        .testTarget(
            name: "SluiceWebTests",
            dependencies: testing + ["SluiceWeb", .asyncHTTPClient, .hummingbird, .hummingbirdTesting, .nioHTTP1],
            exclude: ["Browser/dashboard.py", "Browser/proxy.py", "Browser/streams.py", "Browser/tails.py"]),
        .testTarget(
            name: "DocumentationTests",
            dependencies: testing + [
                "SluiceWebhooks", "SluiceCLI", "SluicePrometheus", "SluiceServer", "SluiceWeb", "SluiceWebhooksTool",
                "SluiceToolSupport", .argumentParser, .hummingbird, .metrics,
            ]),
        .testTarget(
            name: "DeployTests", dependencies: testing + ["FaultWorker", "SluiceCLI", "SluiceServer", "SluiceWebhooksTool"]),
        .testTarget(name: "SluiceTests", dependencies: testing + [.instrumentation, .serviceContext]),
        .testTarget(name: "SluiceWorkerTests", dependencies: testing + ["SluicePrometheus", .coreMetrics, .crypto]),
        .testTarget(name: "SluiceWebhooksTests", dependencies: testing + ["SluiceWebhooks", .asyncHTTPClient, .coreMetrics]),
        .executableTarget(
            name: "FaultWorker", dependencies: redis + users + service + ["SluiceWebhooks"], path: "Tests/FaultWorker"),
        .testTarget(name: "FaultTests", dependencies: testing + ["FaultWorker", "SluiceCLI", "SluiceServer", "SluiceWebhooks"]),
        .testTarget(
            name: "ScenarioTests", dependencies: testing + ["ScenarioSupport", "crawler", "image-gateway", "pipelines"]),
        .testTarget(
            name: "ExampleTests",
            dependencies: testing + [
                "example-http", "example-workflow", "example-api-client", "SluiceCLI", "ScenarioSupport", .asyncHTTPClient,
                .nioHTTP1,
            ]),
        .testTarget(name: "SluiceTestingTests", dependencies: testing),
    ]
)

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = strict
}
