"""The OTLP receiver: calls that applications report through OpenTelemetry, without their content."""
