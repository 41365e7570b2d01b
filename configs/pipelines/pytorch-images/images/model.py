"""A plain convolutional network."""

from torch import nn


class SmallNet(nn.Module):
    def __init__(self, channels=16, depth=2, kernel_size=3, dropout=0.0, classes=10):
        super().__init__()
        layers = []
        width = 1
        for _ in range(depth):
            layers += [
                nn.Conv2d(width, channels, kernel_size, padding=kernel_size // 2, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            width = channels
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(4 * channels, classes))

    def forward(self, images):
        return self.head(self.features(images))
