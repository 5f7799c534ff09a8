unit_test(metrics exposition readiness metrics_server)
