// Records what prometheus-operator 0.85.0 generates.
package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	"github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	registry "github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"prom-doctor/tests/operator/corpus"
)

func main() {
	corpus.Record(corpus.Operator{Version: "0.85.0", Answer: answer})
}

// answer goes the way of the operator's own sync: check the monitors, fill the store, generate.
func answer(c *corpus.Case) []byte {
	ctx, logger := context.Background(), slog.New(slog.DiscardHandler)
	var stored []runtime.Object
	for _, secret := range corpus.Of[corev1.Secret](c, "Secret") {
		stored = append(stored, secret)
	}
	for _, configMap := range corpus.Of[corev1.ConfigMap](c, "ConfigMap") {
		stored = append(stored, configMap)
	}
	client := fake.NewClientset(stored...)
	store := assets.NewStoreBuilder(client.CoreV1(), client.CoreV1())

	var server monitoringv1.PrometheusInterface
	options := options(c)
	if c.Server.Kind == "PrometheusAgent" {
		agent := corpus.Read[monitoringv1alpha1.PrometheusAgent](&c.Server)
		if agent.Spec.Mode != nil && *agent.Spec.Mode == monitoringv1alpha1.DaemonSetPrometheusAgentMode {
			options = append(options, prometheus.WithDaemonSet())
		}
		server = agent
	} else {
		server = corpus.Read[monitoringv1.Prometheus](&c.Server)
	}

	metrics := operator.NewMetrics(registry.NewRegistry())
	events := record.NewFakeRecorder(len(c.Objects))
	selector := corpus.Must(prometheus.NewResourceSelector(logger, server, store, nil, metrics, events))
	sm := valid(selector.SelectServiceMonitors(ctx, list[monitoringv1.ServiceMonitor](c, "ServiceMonitor")))
	pm := valid(selector.SelectPodMonitors(ctx, list[monitoringv1.PodMonitor](c, "PodMonitor")))
	probes := valid(selector.SelectProbes(ctx, list[monitoringv1.Probe](c, "Probe")))
	sc := valid(selector.SelectScrapeConfigs(ctx, list[monitoringv1alpha1.ScrapeConfig](c, "ScrapeConfig")))
	select {
	case refused := <-events.Events:
		_, reason, _ := strings.Cut(refused, "invalid configuration: ")
		corpus.Check(errors.New(reason))
	default:
	}

	fields, namespace := server.GetCommonPrometheusFields(), server.GetObjectMeta().GetNamespace()
	corpus.Check(prometheus.AddAPIServerConfigToStore(ctx, store, namespace, fields.APIServerConfig))
	corpus.Check(prometheus.AddScrapeClassesToStore(ctx, store, namespace, fields.ScrapeClasses))
	generator := corpus.Must(prometheus.NewConfigGenerator(logger, server, options...))
	additional := []byte(c.Additional)
	if prom, ok := server.(*monitoringv1.Prometheus); ok {
		return corpus.Must(generator.GenerateServerConfiguration(prom, sm, pm, probes, sc, store, additional, nil, nil, nil))
	}
	return corpus.Must(generator.GenerateAgentConfiguration(sm, pm, probes, sc, store, additional))
}

// options are what the operator's main program and its controllers derive from the cluster's version and the gates.
func options(c *corpus.Case) []prometheus.ConfigGeneratorOption {
	var options []prometheus.ConfigGeneratorOption
	if c.Kubernetes >= 21 {
		options = append(options, prometheus.WithEndpointSliceSupport())
	}
	return options
}

// list stands for an informer.
func list[T any](c *corpus.Case, kind string) prometheus.ListAllByNamespaceFn {
	all := corpus.Of[T](c, kind)
	return func(_ string, _ labels.Selector, found cache.AppendFunc) error {
		for _, monitor := range all {
			found(monitor)
		}
		return nil
	}
}

// valid are the monitors that the operator accepts.
func valid[T prometheus.ConfigurationResource](all prometheus.TypedResourcesSelection[T], err error) map[string]T {
	corpus.Check(err)
	return all.ValidResources()
}
